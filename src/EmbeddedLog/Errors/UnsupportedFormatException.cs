namespace EmbeddedLog;

/// <summary>The directory was written by a newer version of the library than this one.</summary>
public sealed class UnsupportedFormatException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public UnsupportedFormatException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
