using EmbeddedLog.Concurrency.Work;


namespace EmbeddedLog.Producing;

/// <summary>Makes and reuses <see cref="PendingSend"/>s.</summary>
internal sealed class PendingSendPool(WorkQueue work)
{
    /// <summary>Beyond this many, they are left to the collector.</summary>
    private const int MaxPooled = 8192;

    private readonly Lock _gate = new();

    /// <summary>Under the gate.</summary>
    private readonly Stack<PendingSend> _free = new();

    /// <summary>One for one record.</summary>
    public PendingSend Rent()
    {
        lock (_gate)
        {
            if (_free.TryPop(out PendingSend? pending))
            {
                return pending;
            }
        }

        return new PendingSend(work, this);
    }

    /// <summary>Takes one back that nobody knows any more.</summary>
    public void Return(PendingSend pending)
    {
        lock (_gate)
        {
            if (_free.Count < MaxPooled)
            {
                _free.Push(pending);
            }
        }
    }
}
