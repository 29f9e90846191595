using EmbeddedLog.Concurrency.Work;


namespace EmbeddedLog.Partitions.Appending;

/// <summary>
/// The time of an append. Reading the system's clock costs as much as the rest of an append, so that it is read again
/// only when the system's coarse tick has moved on: a timestamp may be that much old (a few milliseconds).
/// </summary>
internal sealed class AppendClock
{
    private readonly TimeProvider _time;

    /// <summary>Whether the tick goes with the clock; another provider's clock is its own affair.</summary>
    private readonly bool _isSystem;

    /// <summary>Unix milliseconds. Written by any thread before the tick; read after it.</summary>
    private long _now;

    /// <summary>The tick at which <see cref="_now"/> was read. Written last, with release; read first.</summary>
    private long _tick = -1;

    public AppendClock(TimeProvider time)
    {
        _time = time;
        _isSystem = GuardedTime.IsSystem(time);
    }

    /// <summary>Unix milliseconds.</summary>
    public long Now
    {
        get
        {
            if (!_isSystem)
            {
                return Read();
            }

            // Two threads may refresh at once; each writes a time that is good for the tick it writes after it.
            long tick = Environment.TickCount64;
            if (Volatile.Read(ref _tick) != tick)
            {
                Volatile.Write(ref _now, Read());
                Volatile.Write(ref _tick, tick);
            }

            return Volatile.Read(ref _now);
        }
    }

    private long Read() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
