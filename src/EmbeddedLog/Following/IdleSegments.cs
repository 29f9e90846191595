using EmbeddedLog.Concurrency;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Following;

/// <summary>
/// Unmaps segments that were not read for a second or two. A follower does not notice when the owner deletes a file,
/// and while it maps the file, the space on the disk is not free. No timer runs while nothing is mapped.
/// </summary>
internal sealed class IdleSegments(BackgroundSchedule schedule, OpenSegments segments) : IBackgroundTask
{
    /// <summary>How long a segment stays mapped, once and at most twice, after the last read.</summary>
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// One while a check is scheduled or under way. Exchanged by threads that map, reset by the check.
    /// </summary>
    private int _scheduled;

    /// <summary>Called when a segment was mapped.</summary>
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

        // A thread that maps adds to the list first and reads the flag then; this reads in the opposite order.
        Interlocked.Exchange(ref _scheduled, 0);
        if (segments.Count > 0)
        {
            Watch();
        }
    }
}
