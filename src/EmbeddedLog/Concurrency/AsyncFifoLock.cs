using System.Diagnostics;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency;

/// <summary>
/// Lets one caller in at a time, in the order of asking. A semaphore of the framework would do the same, but lets who
/// waited go on through the thread pool, past the work queue and out of sight of a simulation.
/// </summary>
internal sealed class AsyncFifoLock(WorkQueue work)
{
    private readonly Lock _gate = new();

    /// <summary>Those who wait, in their order. Under the gate.</summary>
    private readonly LinkedList<Waiter> _waiting = new();

    /// <summary>Whether somebody is inside. Under the gate.</summary>
    private bool _taken;

    /// <summary>Waits until nobody else is inside. Who was let in must <see cref="Exit"/>.</summary>
    /// <exception cref="OperationCanceledException">The waiting was cancelled; the caller is not inside.</exception>
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

    /// <summary>Lets in whoever has waited longest.</summary>
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

    /// <summary>Ends a stay inside.</summary>
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
            // Whoever takes it off the list queues it, so that happens once.
            if (waiter.Place.List is not null)
            {
                _waiting.Remove(waiter.Place);
                waiter.IsCancelled = true;
                new AssuredWork(work, waiter).Queue();
            }
        }
    }

    [Conditional("DEBUG")]
    private void AssertInvariants() => Debug.Assert(_taken || _waiting.Count == 0, "Somebody waits for nobody.");

    /// <summary>One who waits; as a work item, what ends the waiting.</summary>
    private sealed class Waiter : TaskCompletionSource, IThreadPoolWorkItem
    {
        public Waiter(CancellationToken token)
        {
            Token = token;
            Place = new LinkedListNode<Waiter>(this);
        }

        public CancellationToken Token { get; }

        /// <summary>Where it waits, under the gate: leaving costs the same however many do.</summary>
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
