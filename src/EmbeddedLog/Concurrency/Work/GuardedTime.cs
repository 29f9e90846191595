namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// Calls the user's clock. After an exception the system's clock replaces it, from the same time on. Timestamps never
/// go back, timers may be set to any time, and no timer captures the caller's context.
/// </summary>
internal sealed class GuardedTime : TimeProvider
{
    private readonly TimeProvider _given;
    private readonly bool _isSystem;
    private readonly long _frequency;
    private readonly Lock _gate = new();

    /// <summary>The greatest timestamp so far. Raised atomically, by any thread.</summary>
    private long _last = long.MinValue;

    /// <summary>The clock's exception; set once, by the first thread that got it.</summary>
    private Exception? _failure;

    /// <summary>The system's timestamp at the failure. Under the gate, before the failure is set.</summary>
    private long _failedAt;

    /// <summary>The clock's last timestamp before the failure. Under the gate, before the failure is set.</summary>
    private long _failedLast;

    /// <summary>One when the failure was reported; exchanged.</summary>
    private int _told;

    private GuardedTime(TimeProvider given)
    {
        _given = given;
        _isSystem = given == System;
        _frequency = System.TimestampFrequency;
        try
        {
            long frequency = given.TimestampFrequency;
            _frequency = frequency > 0 ? frequency : throw new InvalidOperationException(
                $"The clock's {nameof(TimestampFrequency)} is {frequency}, but must be positive.");
        }
#pragma warning disable CA1031 // A clock that throws is told once, by the logging, and replaced.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Fail(failure);
        }
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => _frequency;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Guards a clock.</summary>
    public static GuardedTime Create(TimeProvider given) => given as GuardedTime ?? new GuardedTime(given);

    /// <summary>Whether a clock is the system's, guarded or not.</summary>
    public static bool IsSystem(TimeProvider time) => time == System || time is GuardedTime { _isSystem: true };

    /// <summary>The clock's exception, for the first caller; null for others, or if there is none.</summary>
    public Exception? TakeFailure() =>
        Volatile.Read(ref _failure) is { } failure && Interlocked.Exchange(ref _told, 1) == 0 ? failure : null;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        if (!_isSystem && Volatile.Read(ref _failure) is null)
        {
            try
            {
                return _given.GetUtcNow();
            }
#pragma warning disable CA1031 // See the constructor.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Fail(failure);
            }
        }

        return System.GetUtcNow();
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        if (_isSystem)
        {
            return System.GetTimestamp();
        }

        if (Volatile.Read(ref _failure) is null)
        {
            try
            {
                return Raise(_given.GetTimestamp());
            }
#pragma warning disable CA1031 // See the constructor.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Fail(failure);
            }
        }

        return Raise(After(_failedLast, System.GetElapsedTime(_failedAt), _frequency));
    }

    /// <summary>Creates a timer that calls once for each time that it is set. Periods are not supported.</summary>
    /// <param name="callback">Only queues work: the user's clock may call it on any stack.</param>
    /// <param name="state">Its argument.</param>
    /// <param name="dueTime">Any time, or infinite.</param>
    /// <param name="period">Infinite.</param>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(period, Timeout.InfiniteTimeSpan);
        GuardedTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>A time in ticks of a clock, at most <see cref="long.MaxValue"/>.</summary>
    public static long TicksOf(TimeSpan time, long frequency)
    {
        Int128 ticks = (Int128)time.Ticks * frequency / TimeSpan.TicksPerSecond;
        return ticks > long.MaxValue ? long.MaxValue : (long)ticks;
    }

    /// <summary>A timestamp some time after another, at most <see cref="long.MaxValue"/>.</summary>
    public static long After(long timestamp, TimeSpan time, long frequency)
    {
        long ticks = TicksOf(time, frequency);
        return ticks > long.MaxValue - Math.Max(0, timestamp) ? long.MaxValue : timestamp + ticks;
    }

    /// <summary>A timer of the user's clock, or of the system's if that fails.</summary>
    internal ITimer CreateInner(TimerCallback callback, object? state)
    {
        // A timer of the runtime keeps the context of its creator for its lifetime.
        bool suppressed = ExecutionContext.IsFlowSuppressed();
        AsyncFlowControl flow = suppressed ? default : ExecutionContext.SuppressFlow();
        try
        {
            if (!_isSystem && Volatile.Read(ref _failure) is null)
            {
                try
                {
                    return _given.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
                        ?? throw new InvalidOperationException("The clock has returned null for a timer.");
                }
#pragma warning disable CA1031 // See the constructor.
                catch (Exception failure)
#pragma warning restore CA1031
                {
                    Fail(failure);
                }
            }

            return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            if (!suppressed)
            {
                flow.Undo();
            }
        }
    }

    /// <summary>Notes that the clock has thrown.</summary>
    internal void Fail(Exception failure)
    {
        lock (_gate)
        {
            if (_failure is null)
            {
                _failedAt = System.GetTimestamp();
                _failedLast = Math.Max(0, Volatile.Read(ref _last));
                Volatile.Write(ref _failure, failure);
            }
        }
    }

    private long Raise(long timestamp)
    {
        long last = Volatile.Read(ref _last);
        while (timestamp > last)
        {
            long found = Interlocked.CompareExchange(ref _last, timestamp, last);
            if (found == last)
            {
                return timestamp;
            }

            last = found;
        }

        return last;
    }
}
