namespace EmbeddedLog;

/// <summary>The topic does not exist.</summary>
public sealed class UnknownTopicException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public UnknownTopicException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
