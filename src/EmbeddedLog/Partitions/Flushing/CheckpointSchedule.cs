using EmbeddedLog.Concurrency;
using EmbeddedLog.Partitions.State;

namespace EmbeddedLog.Partitions.Flushing;

/// <summary>
/// Starts a checkpoint when appends pause. It is scheduled apart from the background flush, so that neither delays the
/// other.
/// </summary>
internal sealed class CheckpointSchedule : IBackgroundTask
{
    /// <summary>How long appends must pause.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private readonly IFlushControl _control;
    private readonly PartitionState _state;
    private readonly BackgroundSchedule _background;
    private readonly FlushQueue _flushes;

    /// <summary>One while a call is scheduled; exchanged by the scheduling thread, reset by the call.</summary>
    private int _scheduled;

    /// <summary>
    /// The published end when the call was scheduled. If it has not moved since, appends pause. Used by the thread that
    /// has exchanged the flag, and by the call before it resets that.
    /// </summary>
    private long _end;

    /// <summary>Whether the next round writes a checkpoint. Set by the call, taken by the flusher.</summary>
    private int _requested;

    /// <param name="control">Starts flushes.</param>
    /// <param name="state">The partition.</param>
    /// <param name="background">Calls back.</param>
    /// <param name="flushes">Says whether many partitions are in use.</param>
    public CheckpointSchedule(
        IFlushControl control, PartitionState state, BackgroundSchedule background, FlushQueue flushes)
    {
        _control = control;
        _state = state;
        _background = background;
        _flushes = flushes;
    }

    /// <summary>Schedules a check after the delay.</summary>
    public void Schedule()
    {
        if (Volatile.Read(ref _scheduled) == 0 && Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            _end = _state.PublishedEnd;
            _background.Schedule(this, Delay);
        }
    }

    /// <inheritdoc/>
    public void RunInBackground()
    {
        // A checkpoint is a flush by itself. With many partitions in use, each of them pauses now and then.
        long end = _state.PublishedEnd;
        bool paused = end == _end && !_flushes.IsBusy;
        Volatile.Write(ref _scheduled, 0);
        if (_control.FlushInterval is null && _control.DurableEnd != end)
        {
            // The next checkpoint comes with the next requested flush and an append after it.
            return;
        }

        Volatile.Write(ref _requested, paused ? 1 : 0);
        if (paused)
        {
            _control.RequestFlush();
        }
        else if (_state.Failure is null)
        {
            Schedule();
        }
    }

    /// <summary>Whether a checkpoint was requested; resets the request.</summary>
    public bool TakeRequest() => Interlocked.Exchange(ref _requested, 0) != 0;
}
