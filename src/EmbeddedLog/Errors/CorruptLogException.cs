namespace EmbeddedLog;

/// <summary>
/// Stored bytes differ from those that were written, and no crash can explain it. Nothing was truncated or changed.
/// </summary>
public sealed class CorruptLogException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public CorruptLogException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
