using System.Threading.Tasks.Sources;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency.Waiters;

/// <summary>
/// Wakes a reader that has nothing to hand out. Anybody may set it, at any time and on any stack; one reader at a time
/// waits, and goes on through the work queue, or on the stack of whoever takes it over. A wake-up may be for nothing:
/// the reader looks again and waits again.
/// </summary>
internal sealed class WakeSignal : IValueTaskSource, IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Set = 2;

    private readonly WorkQueue _work;
    private ManualResetValueTaskSourceCore<bool> _core;

    /// <summary>
    /// Idle, waiting or set. The reader takes it from idle to waiting and from set to idle; who wakes takes it from
    /// waiting to idle, and then alone completes the wait, or from idle to set.
    /// </summary>
    private int _state;

    public WakeSignal(WorkQueue work) => _work = work;

    /// <summary>Waits until somebody wakes, or has done so since the last wait. Only by the reader.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle)
        {
            return new ValueTask(this, _core.Version);
        }

        // Set, and nobody else takes it from there. What was changed before it was set is seen after this exchange.
        Interlocked.Exchange(ref _state, Idle);
        return ValueTask.CompletedTask;
    }

    /// <summary>Wakes the reader, or keeps its next wait from waiting.</summary>
    public void Wake()
    {
        if (TryTakeReader())
        {
            _work.Queue(this);
        }
    }

    /// <summary>
    /// Takes over a reader that waits: nobody else wakes it any more, and the caller must <see cref="Resume"/> it.
    /// False where none waits; then its next wait does not wait.
    /// </summary>
    public bool TryTakeReader()
    {
        int seen = Volatile.Read(ref _state);
        while (true)
        {
            int found = Interlocked.CompareExchange(ref _state, seen == Waiting ? Idle : Set, seen);
            if (found == seen)
            {
                return seen == Waiting;
            }

            seen = found;
        }
    }

    /// <summary>Lets the reader that was taken over go on, on this stack.</summary>
    public void Resume() => _core.SetResult(true);

    void IThreadPoolWorkItem.Execute() => Resume();

    void IValueTaskSource.GetResult(short token)
    {
        _core.GetResult(token);
        _core.Reset();
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
