using EmbeddedLog.Topics;

namespace EmbeddedLog;

/// <summary>
/// A topic of a log that is read only: a named set of partitions. All members are safe to call from any thread.
/// </summary>
public sealed class ReadOnlyTopic
{
    private readonly LogPartition[] _partitions;

    /// <summary>Replaced as a whole by the log when the owner has changed the options; read by anyone.</summary>
    private StoredTopic _stored;

    internal ReadOnlyTopic(StoredTopic stored, LogPartition[] partitions)
    {
        _stored = stored;
        _partitions = partitions;
    }

    /// <summary>The topic's name.</summary>
    public string Name => Stored.Name;

    /// <summary>How many partitions the topic has.</summary>
    public int PartitionCount => _partitions.Length;

    /// <summary>The partitions, by their numbers.</summary>
    public IReadOnlyList<LogPartition> Partitions => _partitions;

    /// <summary>A copy of the options that were in force when the log's topics were last looked at.</summary>
    public TopicOptions Options => Stored.Options.Copy();

    /// <summary>A partition.</summary>
    /// <param name="partition">From zero to <see cref="PartitionCount"/> less one.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such partition.</exception>
    public LogPartition this[int partition] =>
        (uint)partition < (uint)_partitions.Length
            ? _partitions[partition]
            : throw new ArgumentOutOfRangeException(
                nameof(partition),
                partition,
                $"Topic '{Name}' has the partitions 0 to {_partitions.Length - 1}.");

    /// <summary>The topic's directory, uid and options.</summary>
    internal StoredTopic Stored
    {
        get => Volatile.Read(ref _stored);
        set => Volatile.Write(ref _stored, value);
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
