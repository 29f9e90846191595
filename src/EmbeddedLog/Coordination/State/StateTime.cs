using EmbeddedLog.Partitions.Appending;

namespace EmbeddedLog.Coordination.State;

/// <summary>
/// The clock of a state's partition: the time of the last read of the log's clock. A change appends under locks, where
/// a user's clock must not be called, so the clock is read before.
/// </summary>
internal sealed class StateTime(AppendClock clock) : TimeProvider
{
    /// <summary>
    /// Unix milliseconds. Written by any thread before it takes the locks of a change; read under them.
    /// </summary>
    private long _now = clock.Now;

    /// <summary>Reads the log's clock. Outside all locks.</summary>
    public void Read() => Volatile.Write(ref _now, clock.Now);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Volatile.Read(ref _now));
}
