namespace EmbeddedLog.Concurrency;

/// <summary>Something that <see cref="BackgroundSchedule"/> calls.</summary>
internal interface IBackgroundTask
{
    /// <summary>Does what is due, on the calling thread. Does not throw.</summary>
    void RunInBackground();
}
