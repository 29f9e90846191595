using System.Diagnostics;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency;

/// <summary>
/// Calls partitions back after a delay: one timer for all of them, and a bounded number of callbacks at a time, so that
/// thousands of partitions neither own a timer each nor flush all at once.
/// </summary>
/// <remarks>
/// Clock and timer are the user's and may call back on the stack that uses them, so neither is used under the gate.
/// </remarks>
internal sealed class BackgroundSchedule : IDisposable
{
    /// <summary>
    /// How many callbacks run at once. They wait for the disk, so it is more than there are processors.
    /// </summary>
    private const int MaxWorkers = 16;

    /// <summary>The schedule whose callback this thread is in. Only by its own thread.</summary>
    [ThreadStatic]
    private static BackgroundSchedule? s_calling;

    private readonly WorkQueue _work;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();

    /// <summary>What is to be called, by the clock's timestamp. Under the gate.</summary>
    private readonly PriorityQueue<IBackgroundTask, long> _due = new();

    private readonly ITimer _timer;

    /// <summary>
    /// The timestamp that the timer is set to; <see cref="long.MaxValue"/> while it is off. Under the gate.
    /// </summary>
    private long _timerAt = long.MaxValue;

    /// <summary>Whether somebody sets the timer, which is done without the gate. Under the gate.</summary>
    private bool _isSetting;

    /// <summary>Whether whoever sets the timer has to look again. Under the gate.</summary>
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

    /// <summary>The same for a caller with locks: clock and timer are asked by an item of the work queue.</summary>
    public void ScheduleUnderLock(IBackgroundTask task, TimeSpan delay) =>
        _work.Queue(new Request(this, task, delay));

    /// <summary>Calls <paramref name="task"/> once, when the clock's timestamp is reached: at once if it was.</summary>
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
    /// Stops calling; completes when no callback is under way but those that this thread is in, which would wait for
    /// themselves.
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

    /// <summary>Sees to it that what comes next is called: by a worker if it is due, or by the timer.</summary>
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
                    // A worker that finds nothing due any more looks after the timer.
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
        // One that is in a callback takes nothing before that is over.
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
        Debug.Assert(_calls >= 0 && _calls <= _workers, "Somebody calls who is no worker.");
        Debug.Assert(_isSetting || !_setsAgain, "Nobody will set the timer again.");
        Debug.Assert(!_disposed || _due.Count == 0, "Something is due after the end.");
    }

    /// <summary>Asks for a call, under no lock.</summary>
    private sealed class Request(BackgroundSchedule schedule, IBackgroundTask task, TimeSpan delay)
        : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute() => schedule.Schedule(task, delay);
    }

    /// <summary>Calls what is due until nothing is.</summary>
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
