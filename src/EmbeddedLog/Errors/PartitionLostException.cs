namespace EmbeddedLog;

/// <summary>
/// A commit of a group's member in a partition that it no longer has, as Kafka's <c>CommitFailedException</c>: another
/// member has joined, or this one has not read for longer than <see cref="ConsumerOptions.MaxPollInterval"/> allows.
/// Nothing was committed in that partition. Its records may be handled again, by the member that has it now.
/// </summary>
public sealed class PartitionLostException : EmbeddedLogException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public PartitionLostException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The group.</summary>
    public string? Group { get; init; }

    /// <summary>The client name of the member that has the partition now; null if none has it.</summary>
    public string? Owner { get; init; }
}
