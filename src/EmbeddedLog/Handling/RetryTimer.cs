using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Handling;

/// <summary>
/// One timer for all records that wait for their next attempt. It is the user's code, and called under no lock.
/// </summary>
internal sealed class RetryTimer
{
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate;
    private readonly Func<long?> _nextDue;

    /// <summary>Whether somebody sets the timer, and whether it must be set again then. Under the gate.</summary>
    private bool _isSetting;
    private bool _mustSetAgain;

    /// <param name="time">The clock.</param>
    /// <param name="work">Where the item is queued.</param>
    /// <param name="due">Queued when an attempt may be due.</param>
    /// <param name="gate">The lock of the handling.</param>
    /// <param name="nextDue">When the next attempt is due, or null. Called under the gate.</param>
    public RetryTimer(TimeProvider time, WorkQueue work, IThreadPoolWorkItem due, Lock gate, Func<long?> nextDue)
    {
        _time = time;
        _gate = gate;
        _nextDue = nextDue;
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

    /// <summary>The time stamp of now.</summary>
    public long Now => _time.GetTimestamp();

    /// <summary>The time stamp that comes so long after now.</summary>
    public long DueIn(TimeSpan delay) =>
        _time.GetTimestamp() + (long)(delay.TotalSeconds * _time.TimestampFrequency);

    /// <summary>Sets the timer to the next attempt, if there is any.</summary>
    public void Set()
    {
        while (true)
        {
            long? due;
            lock (_gate)
            {
                _mustSetAgain = _isSetting;
                due = _nextDue();
                if (_isSetting || due is null)
                {
                    return;
                }

                _isSetting = true;
            }

            double left = (due.Value - _time.GetTimestamp()) * 1000.0 / _time.TimestampFrequency;
            _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(left))), Timeout.InfiniteTimeSpan);
            lock (_gate)
            {
                _isSetting = false;
                if (!_mustSetAgain)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Nothing waits any more.</summary>
    public void Stop() => _timer.Dispose();
}
