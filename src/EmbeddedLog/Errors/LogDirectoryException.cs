namespace EmbeddedLog;

/// <summary>
/// The directory cannot be used as a log: it is not a log, cannot be written, or lacks a file or feature that a log
/// needs.
/// </summary>
public sealed class LogDirectoryException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public LogDirectoryException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
