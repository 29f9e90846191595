using EmbeddedLog.Serialization;
using EmbeddedLog.Topics;

namespace EmbeddedLog;

/// <summary>
/// A topic of a log that is read only: a named set of partitions. All members are safe to call from any thread.
/// </summary>
/// <remarks>
/// What the owner has changed, options and added partitions, is seen once the log's topics are looked at again: by
/// <see cref="ReadOnlyLog.Topics"/>, <see cref="ReadOnlyLog.GetTopic"/>, <see cref="ReadOnlyLog.DescribeTopicAsync"/>
/// and all else there that finds topics. This object shows it then too.
/// </remarks>
public sealed class ReadOnlyTopic
{
    /// <summary>Keeps turns for records without a key, which are not asked about here.</summary>
    private static readonly IPartitioner s_partitioner = Partitioners.Default();

    private readonly SerdeResolver _serdes;

    /// <summary>Replaced as a whole by the log when the owner has changed the topic; read by anyone.</summary>
    private State _current;

    internal ReadOnlyTopic(StoredTopic stored, LogPartition[] partitions, SerdeResolver serdes)
    {
        _current = new State(stored, partitions);
        _serdes = serdes;
    }

    /// <summary>The topic's name.</summary>
    public string Name => Stored.Name;

    /// <summary>How many partitions the topic had when the log's topics were last looked at.</summary>
    public int PartitionCount => Current.Partitions.Length;

    /// <summary>
    /// The partitions, by their numbers, as of when the log's topics were last looked at. A list in hand stays as it is
    /// when partitions are added: ask again.
    /// </summary>
    public IReadOnlyList<LogPartition> Partitions => Current.Partitions;

    /// <summary>A copy of the options that were in force when the log's topics were last looked at.</summary>
    public TopicOptions Options => Stored.Options.Copy();

    /// <summary>A partition.</summary>
    /// <param name="partition">From zero to <see cref="PartitionCount"/> less one.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such partition.</exception>
    public LogPartition this[int partition]
    {
        get
        {
            LogPartition[] partitions = Current.Partitions;
            return (uint)partition < (uint)partitions.Length
                ? partitions[partition]
                : throw new ArgumentOutOfRangeException(
                    nameof(partition),
                    partition,
                    $"Topic '{Name}' has only the partitions 0 to {partitions.Length - 1}. Name one of these.");
        }
    }

    /// <summary>
    /// The partition that a record with this key goes to by <see cref="Partitioners.Default"/>.
    /// </summary>
    /// <param name="key">The key's bytes, as they are stored.</param>
    /// <returns>The partition's number.</returns>
    /// <remarks>
    /// A partitioner is code, and not stored with the topic. Where the owner gives the topic, or a producer, another
    /// one, ask that one instead.
    /// </remarks>
    public int GetPartitionFor(ReadOnlySpan<byte> key) =>
        KeyPlacement.Find(Name, PartitionCount, s_partitioner, key);

    /// <summary>The partition that a record with this key goes to; as the other overload.</summary>
    /// <typeparam name="TKey">The key's type.</typeparam>
    /// <param name="key">The key.</param>
    /// <param name="keys">Turns keys into bytes, as the producer's; null for the type's own, or JSON.</param>
    /// <returns>The partition's number.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null: it has no partition.</exception>
    /// <exception cref="RecordSerializationException">The serializer threw.</exception>
    /// <exception cref="InvalidOperationException">The type has no serializer.</exception>
    public int GetPartitionFor<TKey>(TKey key, ISerializer<TKey>? keys = null) =>
        GetPartitionFor(KeyPlacement.Serialize(Name, key, keys ?? _serdes.Resolve<TKey>()));

    /// <summary>The topic's directory, uid and options.</summary>
    internal StoredTopic Stored => Current.Stored;

    /// <summary>Description and partitions, which belong together.</summary>
    internal State Current => Volatile.Read(ref _current);

    /// <summary>Replaces description and partitions; one caller at a time.</summary>
    internal void Replace(StoredTopic stored, LogPartition[] partitions) =>
        Volatile.Write(ref _current, new State(stored, partitions));

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>A topic as of one moment.</summary>
    /// <param name="Stored">Its directory, uid and options.</param>
    /// <param name="Partitions">As many as the options say; never changed.</param>
    internal sealed record State(StoredTopic Stored, LogPartition[] Partitions);
}
