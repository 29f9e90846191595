namespace EmbeddedLog;

/// <summary>The record, or the batch, is larger than the topic allows. Nothing was appended.</summary>
public sealed class RecordTooLargeException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public RecordTooLargeException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
