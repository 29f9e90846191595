using System.Globalization;

namespace EmbeddedLog;

/// <summary>
/// The offset of the next record to read in a partition: what a group commits, and what a consumer's position is; as
/// the offset of Kafka's <c>OffsetAndMetadata</c>.
/// </summary>
/// <param name="Partition">The partition.</param>
/// <param name="Offset">The offset, from zero to the partition's end: everything below it is finished.</param>
/// <remarks>
/// It is a type of its own, and nothing converts a record's <see cref="TopicPartitionOffset"/> to it: who commits that
/// by mistake reads the record again at each start. Use <see cref="After"/>, or commit the record.
/// </remarks>
public readonly record struct NextOffset(TopicPartition Partition, long Offset)
{
    /// <summary>The offset behind a record: what to commit when the record is finished.</summary>
    /// <param name="record">The record's own position.</param>
    /// <exception cref="OverflowException">The offset is the highest there is.</exception>
    public static NextOffset After(TopicPartitionOffset record) =>
        new(record.TopicPartition, checked(record.Offset + 1));

    /// <summary>The partition and the offset: <c>page-views-3 next 42</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Partition} next {Offset}");
}
