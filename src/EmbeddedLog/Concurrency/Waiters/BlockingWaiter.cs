using System.Runtime.ExceptionServices;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency.Waiters;

/// <summary>A waiter that blocks its thread; the releasing thread wakes it.</summary>
internal sealed class BlockingWaiter : OffsetWaiter
{
    /// <summary>A waiter for the next wait of this thread, or null.</summary>
    [ThreadStatic]
    private static BlockingWaiter? s_spare;

    private readonly BlockingWait _wait = new();

    /// <summary>Set by the releasing thread, before the wait ends; read by the waiting thread afterwards.</summary>
    private Exception? _failure;

    /// <summary>Whether it was released.</summary>
    public bool IsDone => _wait.IsDone;

    /// <summary>A waiter for one wait of this thread, which <see cref="Wait"/> ends.</summary>
    public static BlockingWaiter Rent(long target)
    {
        BlockingWaiter waiter = s_spare ?? new BlockingWaiter();
        s_spare = null;
        waiter.Target = target;
        return waiter;
    }

    /// <inheritdoc/>
    public override void Release(Exception? failure)
    {
        _failure = failure;
        _wait.End();
    }

    /// <summary>Blocks until the release; throws its failure.</summary>
    public void Wait(WorkQueue work)
    {
        work.Block(_wait);
        Exception? failure = _failure;
        _failure = null;
        _wait.Reset();
        s_spare = this;
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }
}
