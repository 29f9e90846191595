namespace EmbeddedLog;

/// <summary>The file system failed. For a failed flush see <see cref="PartitionFailedException"/>.</summary>
public sealed class LogIOException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public LogIOException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
