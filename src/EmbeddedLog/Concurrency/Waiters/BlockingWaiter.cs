using System.Runtime.ExceptionServices;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency.Waiters;

/// <summary>A waiter for which a thread blocks; it is woken by whoever releases it.</summary>
internal sealed class BlockingWaiter : OffsetWaiter
{
    /// <summary>One for the next wait of this thread, or null.</summary>
    [ThreadStatic]
    private static BlockingWaiter? s_spare;

    private readonly BlockingWait _wait = new();

    /// <summary>Set by whoever releases, before the wait ends; read by the thread after that.</summary>
    private Exception? _failure;

    /// <summary>Whether it was released.</summary>
    public bool IsDone => _wait.IsDone;

    /// <summary>One for a wait of this thread, which <see cref="Wait"/> ends.</summary>
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

    /// <summary>Blocks until it is released; throws the failure with which it was.</summary>
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
