using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Handling;

/// <summary>Waits until no handler runs of some partitions, or until a time is over.</summary>
/// <param name="partitions">The partitions.</param>
/// <param name="work">Where who waits goes on.</param>
internal sealed class HandlingDrain<TKey, TValue>(
    IReadOnlyList<HandledPartition<TKey, TValue>> partitions, WorkQueue work) : IThreadPoolWorkItem
{
    private readonly TaskCompletionSource _end = new();

    /// <summary>One at the end; the first one to exchange it ends the wait.</summary>
    private int _isOver;

    /// <summary>Whether no handler runs. Under the lock of the handling.</summary>
    public bool IsDone => partitions.All(partition => partition.Running == 0);

    /// <summary>Ends the wait if no handler runs. Under the lock of the handling.</summary>
    public void Look()
    {
        if (IsDone)
        {
            End();
        }
    }

    /// <summary>Waits so long at most. Under no lock.</summary>
    public async Task WaitAsync(TimeSpan timeout, TimeProvider time)
    {
        ITimer? timer = timeout == Timeout.InfiniteTimeSpan
            ? null
            : time.CreateTimer(
                static state => ((HandlingDrain<TKey, TValue>)state!).End(),
                this,
                timeout,
                Timeout.InfiniteTimeSpan);
        try
        {
            await _end.Task.ConfigureAwait(false);
        }
        finally
        {
            timer?.Dispose();
        }
    }

    private void End()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            work.Queue(this);
        }
    }

    void IThreadPoolWorkItem.Execute() => _end.SetResult();
}
