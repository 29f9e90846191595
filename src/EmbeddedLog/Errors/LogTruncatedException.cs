namespace EmbeddedLog;

/// <summary>
/// Records that were read are no longer in the log: its owner lost them, with power or in a flush that failed, before
/// they were <see cref="Durability.Flushed"/>, and its recovery gave their offsets to others. Only who follows a log
/// that another process owns can see this. <see cref="EmbeddedLogException.Offset"/> is the first offset that was taken
/// back: undo what came of the records from there on, and read on from there. As Kafka's
/// <c>LogTruncationException</c>.
/// </summary>
public sealed class LogTruncatedException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public LogTruncatedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The offset behind the last record that had been read.</summary>
    public long ReadTo { get; init; }
}
