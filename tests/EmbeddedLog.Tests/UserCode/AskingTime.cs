namespace EmbeddedLog.Tests.UserCode;

/// <summary>The system's clock and timers, asking.</summary>
internal sealed class AskingTime(Asker asker) : TimeProvider
{
    public override DateTimeOffset GetUtcNow()
    {
        asker.Look();
        return System.GetUtcNow();
    }

    public override long GetTimestamp()
    {
        asker.Look();
        return System.GetTimestamp();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        asker.Look();
        return new Timer(asker, System.CreateTimer(callback, state, dueTime, period));
    }

    private sealed class Timer(Asker asker, ITimer inner) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            asker.Look();
            return inner.Change(dueTime, period);
        }

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
