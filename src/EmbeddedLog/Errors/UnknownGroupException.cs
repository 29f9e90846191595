namespace EmbeddedLog;

/// <summary>The group has no members and has committed nothing.</summary>
public sealed class UnknownGroupException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public UnknownGroupException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
