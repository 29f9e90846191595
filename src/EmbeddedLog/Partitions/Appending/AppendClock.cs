using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>
/// The time of an append. The system's clock costs as much as the rest of an append, so it is read again only when the
/// system's coarse tick has moved on. A timestamp may be that old (a few milliseconds).
/// </summary>
internal sealed class AppendClock
{
    private readonly TimeProvider _time;

    /// <summary>Whether the tick belongs to the clock; only the system's clock has one.</summary>
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

            // Two threads may refresh at once; each writes a time that is valid for the tick that it writes next.
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
