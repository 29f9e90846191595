namespace EmbeddedLog.Errors;

/// <summary>The exceptions that all rooms throw, each with what to do.</summary>
internal static class SharedErrors
{
    /// <summary>The log was disposed.</summary>
    public static ObjectDisposedException Disposed() =>
        new(
            "CommitLog",
            "The log was disposed, and with it its topics, partitions, producers and consumers. "
            + "Dispose the log last; to go on, open it again and get these from the new one.");
}
