namespace EmbeddedLog.Consuming.Positions;

/// <summary>
/// The partitions that a consumer reads, of any topics: a list, in which the place of each is its slot. Immutable.
/// </summary>
internal sealed class AssignedPartitions
{
    private readonly PartitionCursor[] _cursors;

    /// <summary>The topic of the first slot, nearly always the only one: it is found without hashing.</summary>
    private readonly string? _firstTopic;

    /// <summary>The cursors of that topic by partition number; null for those that are not assigned.</summary>
    private readonly PartitionCursor?[] _first;

    /// <summary>The same for the other topics.</summary>
    private readonly Dictionary<string, PartitionCursor?[]> _others = new(StringComparer.Ordinal);

    public AssignedPartitions(PartitionCursor[] cursors)
    {
        _cursors = cursors;
        _firstTopic = cursors is [var first, ..] ? first.Log.Id.Topic : null;
        _first = ByNumber(cursors.Where(cursor => cursor.Log.Id.Topic == _firstTopic));
        foreach (IGrouping<string, PartitionCursor> topic in cursors.GroupBy(cursor => cursor.Log.Id.Topic))
        {
            if (topic.Key != _firstTopic)
            {
                _others.Add(topic.Key, ByNumber(topic));
            }
        }

        for (int slot = 0; slot < cursors.Length; slot++)
        {
            cursors[slot].Slot = slot;
        }
    }

    /// <summary>The cursors by slot.</summary>
    public ReadOnlySpan<PartitionCursor> Cursors => _cursors;

    /// <summary>The cursor of a partition.</summary>
    /// <exception cref="ArgumentException">No partition of its topic is assigned.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Others of its topic are assigned.</exception>
    public PartitionCursor Get(TopicPartition partition)
    {
        PartitionCursor?[] numbers = partition.Topic == _firstTopic ? _first : GetOther(partition.Topic);
        return (uint)partition.Partition < (uint)numbers.Length && numbers[partition.Partition] is { } cursor
            ? cursor
            : throw ConsumerErrors.NotAssigned(
                partition, numbers.OfType<PartitionCursor>().Select(each => each.Log.Id.Partition));
    }

    private PartitionCursor?[] GetOther(string? topic) =>
        topic is not null && _others.TryGetValue(topic, out PartitionCursor?[]? numbers)
            ? numbers
            : throw ConsumerErrors.WrongTopic([_firstTopic ?? string.Empty, .. _others.Keys], topic);

    private static PartitionCursor?[] ByNumber(IEnumerable<PartitionCursor> cursors)
    {
        PartitionCursor?[] numbers = [];
        foreach (PartitionCursor cursor in cursors)
        {
            int number = cursor.Log.Id.Partition;
            if (number >= numbers.Length)
            {
                Array.Resize(ref numbers, number + 1);
            }

            numbers[number] = cursor;
        }

        return numbers;
    }
}
