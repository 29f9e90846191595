namespace EmbeddedLog;

/// <summary>
/// Stored bytes are not what was written, in a place where no crash can have left them so. Nothing was truncated or
/// changed.
/// </summary>
public sealed class CorruptLogException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public CorruptLogException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
