using System.Runtime.CompilerServices;
using EmbeddedLog.Format;

namespace EmbeddedLog.Storage;

/// <summary>What is checked before an append takes the lock, so that a refused record has changed nothing.</summary>
internal static class AppendRules
{
    /// <summary>The length of the frame that a batch makes.</summary>
    public static int FrameLength(RecordBatch batch) =>
        FrameLayout.HeaderBytes + BatchFrame.MeasurePrelude(batch.Count) + batch.Bytes;

    /// <summary>Checks the size of the largest record.</summary>
    /// <exception cref="RecordTooLargeException">It is over the topic's limit.</exception>
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
    /// <exception cref="RecordTooLargeException">They do not fit, or one is over the topic's limit.</exception>
    public static void CheckBatch(TopicPartition partition, PartitionSettings settings, RecordBatch batch)
    {
        if (batch.Count == 0)
        {
            throw new ArgumentException("The batch has no records; add some before appending it.", nameof(batch));
        }

        CheckSize(partition, settings, batch.LargestContentBytes);
        long room = settings.SegmentBytes - SegmentHeader.PageBytes - FrameLayout.SealBytes;
        if (FrameLayout.Padded(FrameLength(batch)) > room)
        {
            throw TooLarge(
                partition,
                $"A batch of {batch.Bytes} bytes does not fit into one segment of topic '{partition.Topic}', which has "
                + $"room for {room}. Nothing was appended. Append smaller batches, or raise "
                + $"{nameof(TopicOptions)}.{nameof(TopicOptions.SegmentBytes)}.");
        }
    }

    /// <summary>The timestamp that a record gets.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The producer's is too far ahead of the clock.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Timestamp(PartitionSettings settings, long given, long now)
    {
        if (settings.AppendTime || given == RawRecord.NoTimestamp)
        {
            return now;
        }

        if (given > now && given - now > settings.MaxAheadMilliseconds)
        {
            ThrowTooFarAhead(settings, given, now);
        }

        return given;
    }

    /// <summary>The timestamp of a batch's records that have none, and the greatest of all.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is too far ahead of the clock.</exception>
    public static long BatchTimestamp(PartitionSettings settings, RecordBatch batch, long now, out long maxTimestamp)
    {
        maxTimestamp = now;
        if (!settings.AppendTime && batch.MaxOwnTimestamp != long.MinValue)
        {
            long greatest = Timestamp(settings, batch.MaxOwnTimestamp, now);
            maxTimestamp = batch.AnyWithoutTimestamp ? Math.Max(now, greatest) : greatest;
        }

        return now;
    }

    private static void ThrowTooFarAhead(PartitionSettings settings, long given, long now) =>
        throw new ArgumentOutOfRangeException(
            nameof(given),
            given,
            $"The timestamp is more than {settings.MaxAheadMilliseconds} ms ahead of the clock ({now}), and would keep "
            + "its segment for as long. Nothing was appended. Correct it, or raise "
            + $"{nameof(TopicOptions)}.{nameof(TopicOptions.MaxTimestampAhead)}.");

    private static void ThrowTooLarge(TopicPartition partition, PartitionSettings settings, long contentBytes) =>
        throw TooLarge(
            partition,
            $"A record of {contentBytes} bytes (key, value and headers) is over the limit of topic "
            + $"'{partition.Topic}', {settings.MaxRecordBytes} bytes. Nothing was appended. Split it, or raise "
            + $"{nameof(TopicOptions)}.{nameof(TopicOptions.MaxRecordBytes)}.");

    private static RecordTooLargeException TooLarge(TopicPartition partition, string message) =>
        new(message) { Topic = partition.Topic, Partition = partition.Partition };
}
