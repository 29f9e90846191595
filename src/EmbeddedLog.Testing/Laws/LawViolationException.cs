namespace EmbeddedLog.Testing;

/// <summary>A law does not hold. The message says which, what was expected, by which history, and the seed.</summary>
public sealed class LawViolationException : Exception
{
    /// <summary>Creates the exception without a message.</summary>
    public LawViolationException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What does not hold.</param>
    public LawViolationException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What does not hold.</param>
    /// <param name="innerException">The cause.</param>
    public LawViolationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception of some breaches.</summary>
    /// <param name="violations">The breaches, at least one.</param>
    public LawViolationException(IReadOnlyList<LawViolation> violations)
        : base(string.Join("\n\n", violations)) => Violations = violations;

    /// <summary>The breaches, the first of each law.</summary>
    public IReadOnlyList<LawViolation> Violations { get; } = [];
}
