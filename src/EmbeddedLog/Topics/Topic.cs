using EmbeddedLog.Topics;

namespace EmbeddedLog;

/// <summary>
/// A topic: a named set of partitions with common options. All members are safe to call from any thread.
/// </summary>
public sealed class Topic
{
    private readonly OwnedPartition[] _partitions;

    /// <summary>
    /// Chooses partitions where the options name no partitioner; it keeps a turn, so each topic has one.
    /// </summary>
    private readonly IPartitioner _defaultPartitioner = Partitioners.Default();

    /// <summary>Replaced as a whole, under the log's topic lock; read by anyone.</summary>
    private StoredTopic _stored;

    internal Topic(StoredTopic stored, OwnedPartition[] partitions)
    {
        _stored = stored;
        _partitions = partitions;
    }

    /// <summary>The topic's name.</summary>
    public string Name => _stored.Name;

    /// <summary>How many partitions the topic has.</summary>
    public int PartitionCount => _partitions.Length;

    /// <summary>The partitions, by their numbers.</summary>
    public IReadOnlyList<OwnedPartition> Partitions => _partitions;

    /// <summary>A copy of the options that are in force.</summary>
    public TopicOptions Options => Stored.Options.Copy();

    /// <summary>A partition.</summary>
    /// <param name="partition">From zero to <see cref="PartitionCount"/> less one.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such partition.</exception>
    public OwnedPartition this[int partition]
    {
        get
        {
            if ((uint)partition >= (uint)_partitions.Length)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(partition),
                    partition,
                    $"Topic '{Name}' has the partitions 0 to {_partitions.Length - 1}.");
            }

            return _partitions[partition];
        }
    }

    /// <summary>Chooses the partition of records whose producer does not.</summary>
    internal IPartitioner Partitioner => Stored.Options.Partitioner ?? _defaultPartitioner;

    /// <summary>The topic's directory, uid and options.</summary>
    internal StoredTopic Stored
    {
        get => Volatile.Read(ref _stored);
        set => Volatile.Write(ref _stored, value);
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
