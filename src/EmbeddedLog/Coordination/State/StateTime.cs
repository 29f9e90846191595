using EmbeddedLog.Partitions.Appending;

namespace EmbeddedLog.Coordination.State;

/// <summary>
/// The clock of a state's partition: what the log's own said when it was last asked. A change appends under locks,
/// where no clock of the user's is called, so it asks before it takes them.
/// </summary>
internal sealed class StateTime(AppendClock clock) : TimeProvider
{
    /// <summary>
    /// Unix milliseconds. Written by any thread before it takes the locks of a change; read under them.
    /// </summary>
    private long _now = clock.Now;

    /// <summary>Asks the log's clock. Under no lock.</summary>
    public void Read() => Volatile.Write(ref _now, clock.Now);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Volatile.Read(ref _now));
}
