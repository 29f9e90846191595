using EmbeddedLog.Concurrency.Waiters;

namespace EmbeddedLog.Consuming.Positions;

/// <summary>Those who wait until positions have moved. Safe to call from any thread, also under the gate.</summary>
internal sealed class PositionWaits
{
    private readonly Lock _lock = new();

    /// <summary>Replaced as a whole under the lock; read by whoever moves a position.</summary>
    private WakeSignal[] _waiting = [];

    /// <summary>Wakes all, who look again. Costs a look at a field while nobody waits.</summary>
    public void Wake()
    {
        foreach (WakeSignal signal in Volatile.Read(ref _waiting))
        {
            signal.Wake();
        }
    }

    /// <summary>Wakes a signal from now on.</summary>
    public void Add(WakeSignal signal)
    {
        lock (_lock)
        {
            Volatile.Write(ref _waiting, [.. _waiting, signal]);
        }
    }

    /// <summary>Wakes it no more.</summary>
    public void Remove(WakeSignal signal)
    {
        lock (_lock)
        {
            Volatile.Write(ref _waiting, [.. _waiting.Where(each => each != signal)]);
        }
    }
}
