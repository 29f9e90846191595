using EmbeddedLog.Concurrency;

namespace EmbeddedLog.Partitions.Flushing;

/// <summary>
/// Has a checkpoint written once appends pause. Apart from the background flush, whose time it would hold up: each of
/// the two is called when it is due itself.
/// </summary>
internal sealed class CheckpointSchedule(PartitionLog log) : IBackgroundTask
{
    /// <summary>How long appends must pause.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    /// <summary>One while a call is scheduled; exchanged by who asks for one, reset by the call.</summary>
    private int _scheduled;

    /// <summary>
    /// The published end when the call was scheduled: where it has not moved since, appends pause. Only by who has
    /// exchanged the flag, and by the call before it resets that.
    /// </summary>
    private long _end;

    /// <summary>Whether the next round is to write a checkpoint. Set by the call, taken by the flusher.</summary>
    private int _requested;

    /// <summary>Sees to it that appends are looked at after the delay.</summary>
    public void Schedule()
    {
        if (Volatile.Read(ref _scheduled) == 0 && Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            _end = log.PublishedEnd;
            log.Context.Background.Schedule(this, Delay);
        }
    }

    /// <inheritdoc/>
    public void RunInBackground()
    {
        // A checkpoint is a flush by itself. While many partitions are in use each of them pauses now and then.
        long end = log.PublishedEnd;
        bool paused = end == _end && !log.Context.Flushes.IsBusy;
        Volatile.Write(ref _scheduled, 0);
        if (log.Settings.FlushInterval is null && log.DurableEnd != end)
        {
            // The next one comes with the next flush that somebody asks for, and an append after it.
            return;
        }

        Volatile.Write(ref _requested, paused ? 1 : 0);
        if (paused)
        {
            log.RequestFlush();
        }
        else if (log.Failure is null)
        {
            Schedule();
        }
    }

    /// <summary>Whether a checkpoint was asked for; asks only once.</summary>
    public bool TakeRequest() => Interlocked.Exchange(ref _requested, 0) != 0;
}
