namespace EmbeddedLog.Tests.UserCode;

/// <summary>A clock that throws, now and then, from any of its members and those of its timers.</summary>
internal sealed class HostileTime(TimeProvider inner, Moods moods) : TimeProvider
{
    public override long TimestampFrequency => inner.TimestampFrequency;

    public override DateTimeOffset GetUtcNow()
    {
        moods.Act();
        return inner.GetUtcNow();
    }

    public override long GetTimestamp()
    {
        moods.Act();
        return inner.GetTimestamp();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        moods.Act();
        return new Timer(inner.CreateTimer(callback, state, dueTime, period), moods);
    }

    private sealed class Timer(ITimer inner, Moods moods) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            moods.Act();
            return inner.Change(dueTime, period);
        }

        public void Dispose()
        {
            inner.Dispose();
            moods.Act();
        }

        public ValueTask DisposeAsync()
        {
            moods.Act();
            return inner.DisposeAsync();
        }
    }
}
