namespace EmbeddedLog.Testing.Recording;

/// <summary>
/// One record in a history. A loss of power takes back offsets that are given again afterwards, so a position alone is
/// none.
/// </summary>
/// <param name="Partition">Its partition.</param>
/// <param name="Offset">Its offset.</param>
/// <param name="Era">How often the offset was taken back before.</param>
internal readonly record struct RecordId(TopicPartition Partition, long Offset, int Era)
{
    public override string ToString() =>
        new TopicPartitionOffset(Partition.Topic, Partition.Partition, Offset).ToString();
}
