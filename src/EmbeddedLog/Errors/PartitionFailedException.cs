namespace EmbeddedLog;

/// <summary>
/// A flush of this partition failed, so nothing more can be acknowledged until the log is opened again. Reads go on. If
/// the inner exception is a <see cref="LogDirectoryException"/>, no flush has failed: the directory of the log or of
/// the partition was removed or replaced while the log was open.
/// </summary>
public sealed class PartitionFailedException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public PartitionFailedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
