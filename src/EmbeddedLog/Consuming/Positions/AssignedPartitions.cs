namespace EmbeddedLog.Consuming.Positions;

/// <summary>
/// The partitions that a consumer reads, of any topics: a list, in which the place of each is its slot. Immutable;
/// made under the gate of the positions, since it gives the cursors their slots.
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

    /// <summary>Whether a cursor is among these.</summary>
    public bool Contains(PartitionCursor cursor) =>
        (uint)cursor.Slot < (uint)_cursors.Length && _cursors[cursor.Slot] == cursor;

    /// <summary>The cursor of a partition, or null if it is not assigned.</summary>
    public PartitionCursor? Find(TopicPartition partition)
    {
        PartitionCursor?[]? numbers = partition.Topic is null ? null
            : partition.Topic == _firstTopic ? _first
            : _others.GetValueOrDefault(partition.Topic);
        return numbers is not null && (uint)partition.Partition < (uint)numbers.Length
            ? numbers[partition.Partition]
            : null;
    }

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
