namespace EmbeddedLog;

/// <summary>The disk or the quota is full. Nothing was appended; appends succeed again when space returns.</summary>
public sealed class DiskFullException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public DiskFullException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
