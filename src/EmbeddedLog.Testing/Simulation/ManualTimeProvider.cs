using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Testing.Simulation;

/// <summary>
/// A clock that stands still until it is moved. Timers follow the monotonic time, as real ones do: setting the wall
/// clock makes none of them due. What is due is queued, and runs in the order in which it became due, among other work.
/// </summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    private readonly WorkQueue _queue;
    private readonly Lock _gate = new();

    /// <summary>Timers with a due time, in no order; under <see cref="_gate"/>, as all below.</summary>
    private readonly List<ManualTimer> _active = [];

    /// <summary>Timers whose callback is queued, in the order in which they became due.</summary>
    private readonly Queue<ManualTimer> _due = new();

    private readonly DueCallback _dueCallback;

    /// <summary>Monotonic ticks.</summary>
    private long _ticks;

    /// <summary>Wall-clock ticks at monotonic zero.</summary>
    private long _utcAtZero;

    /// <summary>Numbers the settings of timers, so that those due at the same time run in a defined order.</summary>
    private long _settings;

    public ManualTimeProvider(WorkQueue queue, DateTimeOffset utcNow, long timestamp = 0)
    {
        _queue = queue;
        _ticks = timestamp;
        _utcAtZero = utcNow.UtcTicks - timestamp;
        _dueCallback = new DueCallback(this);
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>The number of timers that will become due.</summary>
    public int ActiveTimers
    {
        get
        {
            lock (_gate)
            {
                return _active.Count;
            }
        }
    }

    /// <summary>The time until the next timer is due; null when there is none.</summary>
    public TimeSpan? UntilNextTimer
    {
        get
        {
            lock (_gate)
            {
                return FindNext() is { } next ? TimeSpan.FromTicks(next.DueTicks - _ticks) : null;
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return new DateTimeOffset(_utcAtZero + _ticks, TimeSpan.Zero);
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _ticks;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Jumps the wall clock, either way. Neither the monotonic time nor any timer notices.</summary>
    public void SetUtcNow(DateTimeOffset utcNow)
    {
        lock (_gate)
        {
            _utcAtZero = utcNow.UtcTicks - _ticks;
        }
    }

    /// <summary>
    /// Moves both clocks on and queues the callbacks of the timers that become due. A periodic timer whose callback
    /// still waits does not queue another one.
    /// </summary>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        lock (_gate)
        {
            long end = _ticks + time.Ticks;
            while (FindNext() is { } next && next.DueTicks <= end)
            {
                _ticks = Math.Max(_ticks, next.DueTicks);
                MakeDue(next, end);
            }

            _ticks = end;
        }
    }

    /// <summary>Sets a timer anew.</summary>
    internal void Set(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            _active.Remove(timer);
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                return;
            }

            timer.DueTicks = _ticks + dueTime.Ticks;
            timer.PeriodTicks = Math.Max(0, period.Ticks);
            timer.Setting = _settings++;
            _active.Add(timer);
            if (dueTime == TimeSpan.Zero)
            {
                MakeDue(timer, _ticks);
            }
        }
    }

    /// <summary>Forgets a timer.</summary>
    internal void Remove(ManualTimer timer)
    {
        lock (_gate)
        {
            _active.Remove(timer);
        }
    }

    /// <summary>Queues the callback of a timer that is due and finds when it is due next, if ever.</summary>
    private void MakeDue(ManualTimer timer, long end)
    {
        if (!timer.IsQueued)
        {
            timer.IsQueued = true;
            _due.Enqueue(timer);
            _queue.Queue(_dueCallback);
        }

        if (timer.PeriodTicks == 0)
        {
            _active.Remove(timer);
            return;
        }

        // The callback cannot run before the advance is over, so the periods in between would all be absorbed.
        long missed = Math.Max(0, end - timer.DueTicks) / timer.PeriodTicks;
        timer.DueTicks += (missed + 1) * timer.PeriodTicks;
    }

    private ManualTimer? FindNext()
    {
        ManualTimer? next = null;
        foreach (ManualTimer timer in _active)
        {
            if (next is null || (timer.DueTicks, timer.Setting).CompareTo((next.DueTicks, next.Setting)) < 0)
            {
                next = timer;
            }
        }

        return next;
    }

    private void RunNextDue()
    {
        ManualTimer timer;
        lock (_gate)
        {
            timer = _due.Dequeue();
            timer.IsQueued = false;
        }

        timer.Run();
    }

    /// <summary>
    /// Each queued copy runs the callback that has been due the longest, whichever timer it was queued for.
    /// </summary>
    private sealed class DueCallback(ManualTimeProvider owner) : IThreadPoolWorkItem
    {
        public void Execute() => owner.RunNextDue();
    }
}
