namespace EmbeddedLog;

/// <summary>
/// The offset is not in the log: retention has removed it, or nothing was committed and the consumer's start is
/// <see cref="StartAt.Error"/>.
/// </summary>
public sealed class OffsetUnavailableException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public OffsetUnavailableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
