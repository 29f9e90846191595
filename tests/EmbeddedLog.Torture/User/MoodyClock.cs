namespace EmbeddedLog.Torture.User;

/// <summary>
/// A clock in a mood: its time jumps either way by up to an hour, and it throws now and then, also when a timer is
/// created.
/// </summary>
internal sealed class MoodyClock(Mood mood) : TimeProvider
{
    private const int OneIn = 200;

    public override DateTimeOffset GetUtcNow()
    {
        mood.Play(OneIn);
        return System.GetUtcNow().AddSeconds(mood.Next(50) == 0 ? mood.Next(7200) - 3600 : 0);
    }

    public override long GetTimestamp()
    {
        mood.Play(OneIn);
        return System.GetTimestamp() + (mood.Next(50) == 0 ? mood.Next(2_000_000) - 1_000_000 : 0);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        mood.Play(OneIn);
        return System.CreateTimer(callback, state, dueTime, period);
    }
}
