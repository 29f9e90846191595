using EmbeddedLog.Serialization;
using EmbeddedLog.Topics;

namespace EmbeddedLog;

/// <summary>
/// A topic: a named set of partitions with common options. All members are safe to call from any thread.
/// </summary>
public sealed class Topic
{
    private readonly SerdeResolver _serdes;

    /// <summary>
    /// Chooses partitions where the options name no partitioner; it keeps a turn, so each topic has one.
    /// </summary>
    private readonly IPartitioner _defaultPartitioner = Partitioners.Default();

    /// <summary>Replaced as a whole, under the log's topic lock; read by anyone.</summary>
    private State _current;

    internal Topic(StoredTopic stored, OwnedPartition[] partitions, SerdeResolver serdes)
    {
        _current = new State(stored, partitions);
        _serdes = serdes;
    }

    /// <summary>The topic's name.</summary>
    public string Name => Stored.Name;

    /// <summary>How many partitions the topic has; <see cref="CommitLog.AddPartitionsAsync"/> adds more.</summary>
    public int PartitionCount => Current.Partitions.Length;

    /// <summary>
    /// The partitions as of now, by their numbers. A list in hand stays as it is when partitions are added: ask again.
    /// </summary>
    public IReadOnlyList<OwnedPartition> Partitions => Current.Partitions;

    /// <summary>A copy of the options that are in force.</summary>
    public TopicOptions Options => Stored.Options.Copy();

    /// <summary>A partition.</summary>
    /// <param name="partition">From zero to <see cref="PartitionCount"/> less one.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such partition.</exception>
    public OwnedPartition this[int partition]
    {
        get
        {
            OwnedPartition[] partitions = Current.Partitions;
            if ((uint)partition >= (uint)partitions.Length)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(partition),
                    partition,
                    $"Topic '{Name}' has only the partitions 0 to {partitions.Length - 1}. Name one of these.");
            }

            return partitions[partition];
        }
    }

    /// <summary>
    /// The partition that a record with this key goes to where neither it nor its producer names another: what the
    /// topic's partitioner gives the key.
    /// </summary>
    /// <param name="key">The key's bytes, as they are stored.</param>
    /// <returns>The partition's number.</returns>
    /// <remarks>
    /// It holds until partitions are added: then records with the same key may go to another one. A partitioner of your
    /// own is asked as for a record that consists of the key alone; it must go by the key alone.
    /// </remarks>
    /// <exception cref="InvalidOperationException">
    /// The partitioner does not go by the key (round robin, sticky), or chose a partition that does not exist.
    /// </exception>
    public int GetPartitionFor(ReadOnlySpan<byte> key) =>
        KeyPlacement.Find(Name, PartitionCount, Partitioner, key);

    /// <summary>The partition that a record with this key goes to; as the other overload.</summary>
    /// <typeparam name="TKey">The key's type.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="keys">Turns keys into bytes, as the producer's; null for the type's own, or JSON.</param>
    /// <returns>The partition's number.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null: it has no partition.</exception>
    /// <exception cref="RecordSerializationException">The serializer threw.</exception>
    /// <exception cref="InvalidOperationException">
    /// The type has no serializer, or the partitioner does not go by the key, or chose a partition that does not exist.
    /// </exception>
    public int GetPartitionFor<TKey>(TKey key, ISerializer<TKey>? keys = null) =>
        GetPartitionFor(KeyPlacement.Serialize(Name, key, keys ?? _serdes.Resolve<TKey>()));

    /// <summary>Chooses the partition of records whose producer does not.</summary>
    internal IPartitioner Partitioner => Stored.Options.Partitioner ?? _defaultPartitioner;

    /// <summary>The topic's directory, uid and options.</summary>
    internal StoredTopic Stored => Current.Stored;

    /// <summary>Description and partitions, which belong together.</summary>
    internal State Current => Volatile.Read(ref _current);

    /// <summary>Replaces description and partitions; under the log's topic lock.</summary>
    internal void Replace(StoredTopic stored, OwnedPartition[] partitions) =>
        Volatile.Write(ref _current, new State(stored, partitions));

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>A topic as of one moment.</summary>
    /// <param name="Stored">Its directory, uid and options.</param>
    /// <param name="Partitions">As many as the options say; never changed.</param>
    internal sealed record State(StoredTopic Stored, OwnedPartition[] Partitions);
}
