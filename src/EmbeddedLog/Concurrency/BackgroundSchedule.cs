using System.Diagnostics;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency;

/// <summary>
/// Calls partitions back after a delay, with one timer for all of them and a bounded number of callbacks at a time.
/// Thousands of partitions need no timers of their own, and do not flush all at once.
/// </summary>
/// <remarks>
/// Clock and timer are user code and may call back on the caller's stack, so neither is used under the gate.
/// </remarks>
internal sealed class BackgroundSchedule : IDisposable
{
    /// <summary>How many callbacks run at once. They wait for the disk, so there may be more than processors.</summary>
    private const int MaxWorkers = 16;

    /// <summary>The schedule whose callback runs on this thread. Used by this thread only.</summary>
    [ThreadStatic]
    private static BackgroundSchedule? s_calling;

    private readonly WorkQueue _work;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();

    /// <summary>The tasks to call, by the clock's timestamp. Under the gate.</summary>
    private readonly PriorityQueue<IBackgroundTask, long> _due = new();

    private readonly ITimer _timer;

    /// <summary>
    /// The timestamp at which the timer fires; <see cref="long.MaxValue"/> while it is off. Under the gate.
    /// </summary>
    private long _timerAt = long.MaxValue;

    /// <summary>Whether a thread is setting the timer, which it does outside the gate. Under the gate.</summary>
    private bool _isSetting;

    /// <summary>Whether the thread that sets the timer has to look again. Under the gate.</summary>
    private bool _setsAgain;

    /// <summary>How many workers are queued or at work. Under the gate.</summary>
    private int _workers;

    /// <summary>How many callbacks are under way. Under the gate.</summary>
    private int _calls;

    /// <summary>Under the gate.</summary>
    private bool _disposed;

    /// <summary>Completed when the last callback is over; set by stopping. Under the gate.</summary>
    private TaskCompletionSource? _stopped;

    public BackgroundSchedule(WorkQueue work, TimeProvider time)
    {
        _work = work;
        _time = time;
        _timer = time.CreateTimer(
            static state => ((BackgroundSchedule)state!).OnTimer(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Calls <paramref name="task"/> once, after the delay.</summary>
    public void Schedule(IBackgroundTask task, TimeSpan delay) =>
        ScheduleAt(task, After(_time.GetTimestamp(), delay));

    /// <summary>
    /// The same for a caller that holds locks: an item of the work queue reads the clock and sets the timer.
    /// </summary>
    public void ScheduleUnderLock(IBackgroundTask task, TimeSpan delay) =>
        _work.Queue(new Request(this, task, delay));

    /// <summary>
    /// Calls <paramref name="task"/> once, when the clock reaches a timestamp; at once if it has passed.
    /// </summary>
    public void ScheduleAt(IBackgroundTask task, long timestamp)
    {
        lock (_gate)
        {
            AssertInvariants();
            if (_disposed)
            {
                return;
            }

            _due.Enqueue(task, timestamp);
        }

        SetTimer();
    }

    /// <summary>The timestamp some time after another.</summary>
    public long After(long timestamp, TimeSpan delay) =>
        GuardedTime.After(timestamp, delay, _time.TimestampFrequency);

    /// <summary>Stops calling; callbacks under way go on.</summary>
    public void Dispose() => _ = StopAsync();

    /// <summary>
    /// Stops calling; completes when no callback is under way. Callbacks on this thread do not count, because they
    /// would wait for themselves.
    /// </summary>
    public Task StopAsync()
    {
        Task over;
        lock (_gate)
        {
            AssertInvariants();
            _disposed = true;
            _due.Clear();
            _stopped ??= new TaskCompletionSource();
            over = _calls == 0 || s_calling == this ? Task.CompletedTask : _stopped.Task;
        }

        _timer.Dispose();
        return over;
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            AssertInvariants();
            _timerAt = long.MaxValue;
        }

        SetTimer();
    }

    /// <summary>Starts a worker for tasks that are due, or sets the timer for the next one.</summary>
    private void SetTimer()
    {
        while (true)
        {
            long now = _time.GetTimestamp();
            long next;
            lock (_gate)
            {
                AssertInvariants();
                if (_isSetting)
                {
                    _setsAgain = true;
                    return;
                }

                if (_disposed || !_due.TryPeek(out _, out next))
                {
                    return;
                }

                if (next <= now)
                {
                    // The last worker sets the timer.
                    StartWorkerUnsynchronized();
                    return;
                }

                if (next >= _timerAt)
                {
                    return;
                }

                _timerAt = next;
                _isSetting = true;
            }

            _timer.Change(_time.GetElapsedTime(now, next), Timeout.InfiniteTimeSpan);
            lock (_gate)
            {
                AssertInvariants();
                _isSetting = false;
                if (!_setsAgain)
                {
                    return;
                }

                _setsAgain = false;
            }
        }
    }

    private void StartWorkerUnsynchronized()
    {
        // A worker inside a callback takes no other task.
        if (_workers < MaxWorkers && _workers - _calls < _due.Count)
        {
            _workers++;
            _work.Queue(new Worker(this));
        }
    }

    private IBackgroundTask? TakeDue()
    {
        long now = _time.GetTimestamp();
        lock (_gate)
        {
            AssertInvariants();
            if (_due.TryPeek(out IBackgroundTask? task, out long at) && at <= now)
            {
                _due.Dequeue();
                _calls++;
                if (_due.TryPeek(out _, out long next) && next <= now)
                {
                    StartWorkerUnsynchronized();
                }

                return task;
            }

            _workers--;
        }

        SetTimer();
        return null;
    }

    private void EndCall()
    {
        TaskCompletionSource? stopped;
        lock (_gate)
        {
            AssertInvariants();
            stopped = --_calls == 0 ? _stopped : null;
        }

        stopped?.TrySetResult();
    }

    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(_workers is >= 0 and <= MaxWorkers, "There are too many workers.");
        Debug.Assert(_calls >= 0 && _calls <= _workers, "There are more calls than workers.");
        Debug.Assert(_isSetting || !_setsAgain, "No thread will set the timer again.");
        Debug.Assert(!_disposed || _due.Count == 0, "A task is due after the end.");
    }

    /// <summary>Requests a call, outside all locks.</summary>
    private sealed class Request(BackgroundSchedule schedule, IBackgroundTask task, TimeSpan delay)
        : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute() => schedule.Schedule(task, delay);
    }

    /// <summary>Calls tasks until none is due.</summary>
    private sealed class Worker(BackgroundSchedule schedule) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute()
        {
            BackgroundSchedule? outer = s_calling;
            s_calling = schedule;
            try
            {
                while (schedule.TakeDue() is { } task)
                {
                    try
                    {
                        task.RunInBackground();
                    }
                    finally
                    {
                        schedule.EndCall();
                    }
                }
            }
            finally
            {
                s_calling = outer;
            }
        }
    }
}
