namespace EmbeddedLog.Testing.Simulation;

/// <summary>A timer of a <see cref="ManualTimeProvider"/>.</summary>
internal sealed class ManualTimer(ManualTimeProvider owner, TimerCallback callback, object? state) : ITimer
{
    private readonly Lock _gate = new();

    /// <summary>How many callbacks are running; under <see cref="_gate"/>.</summary>
    private int _running;

    /// <summary>Under <see cref="_gate"/>.</summary>
    private bool _isDisposed;

    /// <summary>Completed when the last callback ends after disposal; under <see cref="_gate"/>.</summary>
    private TaskCompletionSource? _idle;

    /// <summary>When it is due, in monotonic ticks; under the owner's lock, as all below.</summary>
    public long DueTicks { get; set; }

    /// <summary>The ticks between two callbacks; zero for one callback only.</summary>
    public long PeriodTicks { get; set; }

    /// <summary>Orders timers that are due at the same time.</summary>
    public long Setting { get; set; }

    /// <summary>Whether a callback waits to be run.</summary>
    public bool IsQueued { get; set; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        ThrowIfInvalid(dueTime, nameof(dueTime));
        ThrowIfInvalid(period, nameof(period));
        lock (_gate)
        {
            if (_isDisposed)
            {
                return false;
            }

            owner.Set(this, dueTime, period);
            return true;
        }
    }

    /// <summary>Runs the callback, unless the timer was disposed since it became due.</summary>
    public void Run()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _running++;
        }

        try
        {
            callback(state);
        }
        finally
        {
            TaskCompletionSource? idle;
            lock (_gate)
            {
                idle = --_running == 0 ? _idle : null;
            }

            idle?.SetResult();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            owner.Remove(this);
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            Dispose();
            if (_running == 0)
            {
                return default;
            }

            _idle ??= new TaskCompletionSource();
            return new ValueTask(_idle.Task);
        }
    }

    private static void ThrowIfInvalid(TimeSpan time, string name)
    {
        if (time < TimeSpan.Zero && time != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(name, time, "A time must not be negative, unless it is infinite.");
        }
    }
}
