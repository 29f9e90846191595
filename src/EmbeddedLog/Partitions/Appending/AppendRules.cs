using System.Runtime.CompilerServices;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>The checks before an append takes the lock, so that a refused record has changed nothing.</summary>
internal static class AppendRules
{
    /// <summary>The length of a batch's frame.</summary>
    public static int FrameLength(RecordBatch batch) =>
        FrameLayout.HeaderBytes + BatchFrame.MeasurePrelude(batch.Count) + batch.Bytes;

    /// <summary>Checks the size of the largest record.</summary>
    /// <exception cref="RecordTooLargeException">It exceeds the topic's limit.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CheckSize(TopicPartition partition, PartitionSettings settings, long contentBytes)
    {
        if (contentBytes > settings.MaxRecordBytes)
        {
            ThrowTooLarge(partition, settings, contentBytes);
        }
    }

    /// <summary>Checks that a batch has records, which fit into a segment together.</summary>
    /// <exception cref="ArgumentException">It has none.</exception>
    /// <exception cref="RecordTooLargeException">They do not fit, or one exceeds the topic's limit.</exception>
    public static void CheckBatch(TopicPartition partition, PartitionSettings settings, RecordBatch batch)
    {
        if (batch.Count == 0)
        {
            throw new ArgumentException(
                $"The batch for partition {partition} has no records; add some before appending it.", nameof(batch));
        }

        CheckSize(partition, settings, batch.LargestContentBytes);
        long room = settings.SegmentBytes - SegmentHeader.PageBytes - FrameLayout.SealBytes;
        if (FrameLayout.Padded(FrameLength(batch)) > room)
        {
            throw TooLarge(
                partition,
                $"A batch of {Units.Number(batch.Bytes)} bytes does not fit into one segment of topic "
                + $"'{partition.Topic}', which has room for {Units.Number(room)}. Nothing was appended. Append "
                + $"smaller batches, or raise {nameof(TopicOptions)}.{nameof(TopicOptions.SegmentBytes)}.");
        }
    }

    /// <summary>The timestamp that a record gets.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The producer's is too far ahead of the clock.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Timestamp(TopicPartition partition, PartitionSettings settings, long own, long now)
    {
        if (settings.AppendTime || own == RawRecord.NoTimestamp)
        {
            return now;
        }

        if (own > now && own - now > settings.MaxAheadMilliseconds)
        {
            ThrowTooFarAhead("record", partition, settings, own, now);
        }

        return own;
    }

    /// <summary>The timestamp of a batch's records without one, and the greatest of all.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is too far ahead of the clock.</exception>
    public static long BatchTimestamp(
        TopicPartition partition, PartitionSettings settings, RecordBatch batch, long now, out long maxTimestamp)
    {
        maxTimestamp = now;
        if (!settings.AppendTime && batch.MaxOwnTimestamp != long.MinValue)
        {
            long greatest = Timestamp(partition, settings, batch.MaxOwnTimestamp, now);
            maxTimestamp = batch.AnyWithoutTimestamp ? Math.Max(now, greatest) : greatest;
        }

        return now;
    }

    private static void ThrowTooFarAhead(
        string parameter, TopicPartition partition, PartitionSettings settings, long own, long now) =>
        throw new ArgumentOutOfRangeException(
            parameter,
            $"The timestamp of a record for partition {partition}, {UnixTime.ToText(own)}, is more than "
            + $"{Units.Milliseconds(settings.MaxAheadMilliseconds)} ahead of the clock, {UnixTime.ToText(now)}, and "
            + "would keep its segment for as long. Nothing was appended. Correct it, or raise "
            + $"{nameof(TopicOptions)}.{nameof(TopicOptions.MaxTimestampAhead)}.");

    private static void ThrowTooLarge(TopicPartition partition, PartitionSettings settings, long contentBytes) =>
        throw TooLarge(
            partition,
            $"A record of {Units.Number(contentBytes)} bytes (key, value and headers) is over the limit of topic "
            + $"'{partition.Topic}', {Units.Size(settings.MaxRecordBytes)}. Nothing was appended. Split it, or raise "
            + $"{nameof(TopicOptions)}.{nameof(TopicOptions.MaxRecordBytes)}.");

    private static RecordTooLargeException TooLarge(TopicPartition partition, string message) =>
        new(message) { Topic = partition.Topic, Partition = partition.Partition };
}
