using EmbeddedLog.Concurrency;

namespace EmbeddedLog.Opening;

/// <summary>
/// Looks now and then, while there are consumers, whether the owner of a followed log has made, changed or deleted
/// topics: a consumer that waits makes no call that would look.
/// </summary>
/// <param name="schedule">Calls this.</param>
/// <param name="hasConsumers">Whether there are consumers.</param>
/// <param name="look">Looks, and tells the groups.</param>
internal sealed class TopicsWatch(BackgroundSchedule schedule, Func<bool> hasConsumers, Action look) : IBackgroundTask
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// One while a look is scheduled or under way. Exchanged by who makes a consumer, reset by the look.
    /// </summary>
    private int _scheduled;

    /// <summary>Called when there is a consumer.</summary>
    public void Start()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            schedule.Schedule(this, s_interval);
        }
    }

    /// <inheritdoc/>
    public void RunInBackground()
    {
        try
        {
            look();
        }
        catch (Exception failure) when (failure is EmbeddedLogException or ObjectDisposedException)
        {
            // The topics so far can be read; the next call of a user, or the next look, finds it again.
        }

        if (hasConsumers())
        {
            schedule.Schedule(this, s_interval);
            return;
        }

        // Whoever makes a consumer adds it first and then looks at the flag; this looks in the opposite order.
        Interlocked.Exchange(ref _scheduled, 0);
        if (hasConsumers())
        {
            Start();
        }
    }
}
