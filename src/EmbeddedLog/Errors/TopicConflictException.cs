namespace EmbeddedLog;

/// <summary>The topic exists, or exists with settings that cannot be changed.</summary>
public sealed class TopicConflictException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public TopicConflictException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
