namespace EmbeddedLog;

/// <summary>
/// Records that were read are no longer in the log: its owner lost them, in a power loss or a failed flush, before they
/// were <see cref="Durability.Flushed"/>, and its recovery gave their offsets to other records. Only a reader of a log
/// that another process owns gets this. <see cref="EmbeddedLogException.Offset"/> is the first offset that was taken
/// back: undo the effects of the records from there on, and read on from there. As Kafka's
/// <c>LogTruncationException</c>.
/// </summary>
public sealed class LogTruncatedException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public LogTruncatedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The offset behind the last record that had been read.</summary>
    public long ReadTo { get; init; }
}
