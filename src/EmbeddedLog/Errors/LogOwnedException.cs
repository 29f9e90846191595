namespace EmbeddedLog;

/// <summary>Another process, or another log of this process, owns the directory.</summary>
public sealed class LogOwnedException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public LogOwnedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// The owner's process id from the lock file; null if it is unknown, or if the owner runs in another container or
    /// on another host.
    /// </summary>
    public int? OwnerProcessId { get; init; }
}
