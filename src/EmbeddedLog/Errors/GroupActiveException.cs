namespace EmbeddedLog;

/// <summary>
/// The group has members, and the operation is for groups without; as Kafka's <c>GroupNotEmptyException</c>.
/// </summary>
public sealed class GroupActiveException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public GroupActiveException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
