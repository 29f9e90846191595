using System.Runtime.ExceptionServices;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Partitions.State;

namespace EmbeddedLog.Partitions.Flushing;

/// <summary>Waits for flushes of a partition, and requests them.</summary>
internal sealed class FlushWaiting
{
    private readonly PartitionState _state;
    private readonly GroupCommit _groupCommit;
    private readonly FlushQueue _queue;
    private readonly ObjectPool<AsyncWaiter> _pool;
    private readonly WorkQueue _work;

    /// <param name="state">The partition.</param>
    /// <param name="groupCommit">Flushes it.</param>
    /// <param name="queue">Counts blocking threads.</param>
    /// <param name="pool">Makes waiters.</param>
    /// <param name="work">Wakes them.</param>
    public FlushWaiting(
        PartitionState state, GroupCommit groupCommit, FlushQueue queue, ObjectPool<AsyncWaiter> pool, WorkQueue work)
    {
        _state = state;
        _groupCommit = groupCommit;
        _queue = queue;
        _pool = pool;
        _work = work;
    }

    /// <summary>Requests a flush and waits until everything below <paramref name="offset"/> is on the disk.</summary>
    /// <param name="offset">The offset.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="assured">Whether it goes on even if all threads of the pool are blocked.</param>
    /// <exception cref="PartitionFailedException">It never will be.</exception>
    public ValueTask WaitAsync(long offset, CancellationToken cancellationToken, bool assured = false)
    {
        if (_groupCommit.DurableEnd >= offset)
        {
            return ValueTask.CompletedTask;
        }

        if (_state.Failure is { } failure)
        {
            return ValueTask.FromException(failure);
        }

        AsyncWaiter waiter = assured ? AsyncWaiter.Assured(_work) : _pool.Rent();
        ValueTask task = waiter.AddTo(_groupCommit.Waiters, offset, cancellationToken);

        // Called when the waiter is on the list: the requested round, or one that begins earlier, releases it.
        _groupCommit.RequestOrFail();
        return task;
    }

    /// <summary>
    /// The same for a thread that blocks. It flushes by itself if no other thread does, and is woken without the pool.
    /// </summary>
    /// <exception cref="PartitionFailedException">It never will be.</exception>
    public void Wait(long offset)
    {
        if (_groupCommit.DurableEnd >= offset)
        {
            return;
        }

        if (_state.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        _queue.EnterBlocked();
        try
        {
            BlockingWaiter waiter = BlockingWaiter.Rent(offset);
            _groupCommit.Waiters.Add(waiter);
            _groupCommit.RequestOrFail(waiter);
            _queue.Help(waiter);
            waiter.Wait(_work);
        }
        finally
        {
            _queue.LeaveBlocked();
        }
    }

    /// <summary>Waits for the last flush of a partition that is being closed.</summary>
    public async ValueTask WaitLastAsync(WaitMode how)
    {
        try
        {
            if (how.Blocks)
            {
                Wait(_state.PublishedEnd);
            }
            else
            {
                await WaitAsync(_state.PublishedEnd, CancellationToken.None, assured: true).ConfigureAwait(false);
            }
        }
        catch (EmbeddedLogException)
        {
            // The waiters of the flush have got the failure; closing only leaves the checkpoint as it is.
        }
    }
}
