using EmbeddedLog.Concurrency;
using EmbeddedLog.Segments.Reading;


namespace EmbeddedLog.Following;

/// <summary>
/// Unmaps what nobody has read for a second or two: a follower is not told when the owner deletes a file, and while it
/// has the file mapped the space on the disk is not free. Where nothing is mapped, no timer runs.
/// </summary>
internal sealed class IdleSegments(BackgroundSchedule schedule, OpenSegments segments) : IBackgroundTask
{
    /// <summary>How long a segment stays mapped, once and at most twice, after the last read.</summary>
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    /// <summary>One while a look is scheduled or under way. Exchanged by who maps, reset by the look.</summary>
    private int _scheduled;

    /// <summary>Something was mapped.</summary>
    public void Watch()
    {
        if (Volatile.Read(ref _scheduled) == 0 && Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            schedule.Schedule(this, s_interval);
        }
    }

    /// <inheritdoc/>
    public void RunInBackground()
    {
        if (segments.CloseUnused())
        {
            schedule.Schedule(this, s_interval);
            return;
        }

        // Whoever maps adds to the list first and looks at the flag then; this looks in the opposite order.
        Interlocked.Exchange(ref _scheduled, 0);
        if (segments.Count > 0)
        {
            Watch();
        }
    }
}
