using System.Diagnostics;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency;

/// <summary>
/// A lock that is awaited, first come, first served. A semaphore of the framework would continue its waiters on the
/// thread pool, past the work queue, so that a simulation could not order them.
/// </summary>
internal sealed class AsyncFifoLock(WorkQueue work)
{
    private readonly Lock _gate = new();

    /// <summary>The waiters in their order. Under the gate.</summary>
    private readonly LinkedList<Waiter> _waiting = new();

    /// <summary>Whether the lock is held. Under the gate.</summary>
    private bool _taken;

    /// <summary>Waits for the lock. The caller then has to <see cref="Exit"/>.</summary>
    /// <exception cref="OperationCanceledException">The waiting was cancelled; the caller does not hold the
    /// lock.</exception>
    public ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        Waiter waiter = new(cancellationToken);
        lock (_gate)
        {
            AssertInvariants();
            if (!_taken)
            {
                _taken = true;
                return ValueTask.CompletedTask;
            }

            _waiting.AddLast(waiter.Place);
        }

        return new ValueTask(WaitAsync(waiter));
    }

    /// <summary>Releases the lock, to the longest waiter if there is one.</summary>
    public void Exit()
    {
        lock (_gate)
        {
            AssertInvariants();
            _taken = _waiting.First is not null;
            if (_waiting.First is { } first)
            {
                _waiting.Remove(first);
                new AssuredWork(work, first.Value).Queue();
            }
        }
    }

    /// <summary>Releases the lock.</summary>
    public readonly struct Scope(AsyncFifoLock inside) : IDisposable
    {
        public void Dispose() => inside.Exit();
    }

    private async Task WaitAsync(Waiter waiter)
    {
        using CancellationTokenRegistration registration =
            waiter.Token.UnsafeRegister(static state => ((Action)state!)(), () => Cancel(waiter));
        await waiter.Task.ConfigureAwait(false);
    }

    private void Cancel(Waiter waiter)
    {
        lock (_gate)
        {
            AssertInvariants();
            // The thread that takes it off the list queues it, so that happens once.
            if (waiter.Place.List is not null)
            {
                _waiting.Remove(waiter.Place);
                waiter.IsCancelled = true;
                new AssuredWork(work, waiter).Queue();
            }
        }
    }

    [Conditional("DEBUG")]
    private void AssertInvariants() => Debug.Assert(_taken || _waiting.Count == 0, "A waiter waits for a free lock.");

    /// <summary>A waiter; as a work item, it ends the waiting.</summary>
    private sealed class Waiter : TaskCompletionSource, IThreadPoolWorkItem
    {
        public Waiter(CancellationToken token)
        {
            Token = token;
            Place = new LinkedListNode<Waiter>(this);
        }

        public CancellationToken Token { get; }

        /// <summary>Its node in the list, under the gate: leaving takes constant time.</summary>
        public LinkedListNode<Waiter> Place { get; }

        /// <summary>Set at most once, before it is queued.</summary>
        public bool IsCancelled { get; set; }

        void IThreadPoolWorkItem.Execute()
        {
            if (IsCancelled)
            {
                SetCanceled(Token);
            }
            else
            {
                SetResult();
            }
        }
    }
}
