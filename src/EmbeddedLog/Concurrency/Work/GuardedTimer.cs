namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// A timer of a <see cref="GuardedTime"/>. It takes any time, while the runtime's timers take at most 49.7 days, and
/// continues with the system's clock if the user's timer throws.
/// </summary>
internal sealed class GuardedTimer : ITimer
{
    /// <summary>The longest time of an inner timer; longer times take several steps.</summary>
    private static readonly TimeSpan s_longestStep = TimeSpan.FromDays(30);

    private readonly GuardedTime _time;
    private readonly TimerCallback _callback;
    private readonly object? _state;

    /// <summary>Replaced by the setting thread if it throws; each inner timer has the same callback.</summary>
    private ITimer _inner;

    /// <summary>
    /// The awaited timestamp if it takes several steps; else <see cref="long.MinValue"/>. Written by the setting
    /// thread, read by the inner timer's call.
    /// </summary>
    private long _end = long.MinValue;

    /// <summary>Set once; read by the setting thread and by the inner timer's call.</summary>
    private bool _disposed;

    public GuardedTimer(GuardedTime time, TimerCallback callback, object? state)
    {
        _time = time;
        _callback = callback;
        _state = state;
        _inner = Create();
    }

    /// <inheritdoc/>
    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(period, Timeout.InfiniteTimeSpan);
        long end = dueTime > s_longestStep
            ? GuardedTime.After(_time.GetTimestamp(), dueTime, _time.TimestampFrequency)
            : long.MinValue;
        Volatile.Write(ref _end, end);
        return Set(dueTime);
    }

    /// <summary>
    /// No call begins after this, except one that is already under way, which the callback has to allow for.
    /// </summary>
    public void Dispose()
    {
        Volatile.Write(ref _disposed, true);
        try
        {
            _inner.Dispose();
        }
#pragma warning disable CA1031 // A clock that throws is replaced, and this one is not needed any more.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _time.Fail(failure);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private ITimer Create() => _time.CreateInner(static state => ((GuardedTimer)state!).OnInner(), this);

    private bool Set(TimeSpan dueTime)
    {
        TimeSpan step = dueTime > s_longestStep ? s_longestStep : dueTime;
        try
        {
            return _inner.Change(step, Timeout.InfiniteTimeSpan) || Volatile.Read(ref _disposed) || SetAnew(step);
        }
#pragma warning disable CA1031 // See above.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _time.Fail(failure);
            return SetAnew(step);
        }
    }

    private bool SetAnew(TimeSpan step)
    {
        _time.Fail(new InvalidOperationException("A timer of the clock cannot be set."));
        _inner = Create();
        return _inner.Change(step, Timeout.InfiniteTimeSpan);
    }

    private void OnInner()
    {
        if (Volatile.Read(ref _disposed))
        {
            return;
        }

        long end = Volatile.Read(ref _end);
        if (end != long.MinValue)
        {
            TimeSpan rest = _time.GetElapsedTime(_time.GetTimestamp(), end);
            if (rest > TimeSpan.Zero)
            {
                Set(rest);
                return;
            }
        }

        _callback(_state);
    }
}
