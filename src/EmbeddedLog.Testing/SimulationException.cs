namespace EmbeddedLog.Testing;

/// <summary>
/// Code on a simulated log cannot be repeated or does not go on: it went on in another thread, or it waits for
/// something that is neither the log nor its clock. The message names the code, and says what to do.
/// </summary>
public sealed class SimulationException : InvalidOperationException
{
    /// <summary>Creates the exception without a message.</summary>
    public SimulationException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    public SimulationException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public SimulationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// Whether code went on in another thread, so that the run cannot be repeated. Otherwise it waits for something
    /// that does not come.
    /// </summary>
    public bool HasLeft { get; init; }
}
