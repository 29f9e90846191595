using EmbeddedLog.IO;

namespace EmbeddedLog.Storage;

/// <summary>
/// Calls partitions back after a delay: one timer for all of them, and a bounded number of callbacks at a time, so that
/// thousands of partitions neither own a timer each nor flush all at once.
/// </summary>
internal sealed class BackgroundSchedule : IDisposable
{
    /// <summary>
    /// How many callbacks run at once. They wait for the disk, so it is more than there are processors.
    /// </summary>
    private const int MaxWorkers = 16;

    private readonly Platform _platform;
    private readonly Lock _gate = new();

    /// <summary>What is to be called, by the clock's timestamp. Under the gate.</summary>
    private readonly PriorityQueue<IBackgroundTask, long> _due = new();

    private readonly ITimer _timer;

    /// <summary>
    /// The timestamp that the timer is set to; <see cref="long.MaxValue"/> while it is off. Under the gate.
    /// </summary>
    private long _timerAt = long.MaxValue;

    /// <summary>Under the gate.</summary>
    private int _workers;

    /// <summary>Under the gate.</summary>
    private bool _disposed;

    public BackgroundSchedule(Platform platform)
    {
        _platform = platform;
        _timer = platform.Time.CreateTimer(
            static state => ((BackgroundSchedule)state!).OnTimer(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Calls <paramref name="task"/> once, after the delay.</summary>
    public void Schedule(IBackgroundTask task, TimeSpan delay)
    {
        long at = _platform.Time.GetTimestamp() + ToTicks(delay);
        lock (_gate)
        {
            if (!_disposed)
            {
                _due.Enqueue(task, at);
                SetTimerUnsynchronized();
            }
        }
    }

    /// <summary>Stops calling; callbacks under way go on.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _due.Clear();
        }

        _timer.Dispose();
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _timerAt = long.MaxValue;
            StartWorkersUnsynchronized();
            SetTimerUnsynchronized();
        }
    }

    private void StartWorkersUnsynchronized()
    {
        int wanted = Math.Min(MaxWorkers, _due.Count);
        while (_workers < wanted)
        {
            _workers++;
            _platform.Work.Queue(new Worker(this));
        }
    }

    private void SetTimerUnsynchronized()
    {
        if (_disposed || !_due.TryPeek(out _, out long next) || next >= _timerAt)
        {
            return;
        }

        _timerAt = next;
        TimeSpan delay = _platform.Time.GetElapsedTime(_platform.Time.GetTimestamp(), next);
        _timer.Change(delay > TimeSpan.Zero ? delay : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private IBackgroundTask? TakeDue()
    {
        long now = _platform.Time.GetTimestamp();
        lock (_gate)
        {
            if (_due.TryPeek(out IBackgroundTask? task, out long at) && at <= now)
            {
                _due.Dequeue();
                return task;
            }

            _workers--;
            SetTimerUnsynchronized();
            return null;
        }
    }

    private long ToTicks(TimeSpan delay) =>
        (long)(delay.TotalSeconds * _platform.Time.TimestampFrequency);

    /// <summary>Calls what is due until nothing is.</summary>
    private sealed class Worker(BackgroundSchedule schedule) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute()
        {
            while (schedule.TakeDue() is { } task)
            {
                task.RunInBackground();
            }
        }
    }
}
