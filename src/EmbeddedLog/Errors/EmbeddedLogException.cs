namespace EmbeddedLog;

/// <summary>
/// A failure of the log itself, as opposed to a misuse of its API (which throws the framework's argument and operation
/// exceptions). The message says what to do. The properties that apply are set.
/// </summary>
public abstract class EmbeddedLogException : Exception
{
    private string? _topic;
    private int? _partition;
    private long? _offset;

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    protected EmbeddedLogException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The topic, if the failure has one.</summary>
    public string? Topic
    {
        get => _topic;
        init => _topic = value;
    }

    /// <summary>The partition, if the failure has one.</summary>
    public int? Partition
    {
        get => _partition;
        init => _partition = value;
    }

    /// <summary>The offset, if the failure has one.</summary>
    public long? Offset
    {
        get => _offset;
        init => _offset = value;
    }

    /// <summary>The full path of the file, if the failure has one.</summary>
    public string? File { get; init; }

    /// <summary>The position in <see cref="File"/> in bytes, if the failure has one.</summary>
    public long? Position { get; init; }

    /// <summary>The expected content, if that helps.</summary>
    public string? Expected { get; init; }

    /// <summary>The actual content, if that helps.</summary>
    public string? Actual { get; init; }

    /// <summary>Adds the place at which a reader met the failure, if it is not set.</summary>
    /// <param name="partition">The partition that was read.</param>
    /// <param name="offset">The offset that was to be read.</param>
    internal void Locate(TopicPartition partition, long offset)
    {
        _topic ??= partition.Topic;
        _partition ??= partition.Partition;
        _offset ??= offset;
    }
}
