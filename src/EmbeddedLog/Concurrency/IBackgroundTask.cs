namespace EmbeddedLog.Concurrency;

/// <summary>A task that <see cref="BackgroundSchedule"/> calls.</summary>
internal interface IBackgroundTask
{
    /// <summary>Does the work that is due, on the calling thread. Does not throw.</summary>
    void RunInBackground();
}
