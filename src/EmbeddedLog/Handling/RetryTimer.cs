using System.Diagnostics.CodeAnalysis;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Handling;

/// <summary>
/// The records that wait for their next attempt, and one timer for all. Under the lock of the handling, but for the
/// timer, which is the user's code and is called under no lock.
/// </summary>
internal sealed class RetryTimer<TKey, TValue>
{
    private readonly PriorityQueue<RecordInHand<TKey, TValue>, long> _waiting = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    /// <param name="time">The clock.</param>
    /// <param name="work">Where the item is queued.</param>
    /// <param name="due">Called when an attempt may be due.</param>
    public RetryTimer(TimeProvider time, WorkQueue work, IThreadPoolWorkItem due)
    {
        _time = time;
        _timer = time.CreateTimer(
            static state =>
            {
                (WorkQueue work, IThreadPoolWorkItem due) = ((WorkQueue, IThreadPoolWorkItem))state!;
                work.Queue(due);
            },
            (work, due),
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>The time stamp that comes so long after now. Under no lock.</summary>
    public long DueIn(TimeSpan delay) =>
        _time.GetTimestamp() + (long)(delay.TotalSeconds * _time.TimestampFrequency);

    /// <summary>The time stamp of now. Under no lock.</summary>
    public long Now => _time.GetTimestamp();

    /// <summary>When the next attempt is due; null for none.</summary>
    public long? NextDue => _waiting.TryPeek(out _, out long due) ? due : null;

    /// <summary>Lets a record wait.</summary>
    public void Add(RecordInHand<TKey, TValue> record, long due) => _waiting.Enqueue(record, due);

    /// <summary>Lets a record wait no more.</summary>
    public void Remove(RecordInHand<TKey, TValue> record) => _waiting.Remove(record, out _, out _);

    /// <summary>Takes a record whose next attempt is due.</summary>
    public bool TryTake(long now, [NotNullWhen(true)] out RecordInHand<TKey, TValue>? record) =>
        _waiting.TryPeek(out record, out long due) && due <= now && _waiting.TryDequeue(out record, out _);

    /// <summary>Sets the timer. Under no lock.</summary>
    public void Set(long due)
    {
        double left = (due - _time.GetTimestamp()) * 1000.0 / _time.TimestampFrequency;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(left))), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Nothing waits any more. Under no lock.</summary>
    public void Stop() => _timer.Dispose();
}
