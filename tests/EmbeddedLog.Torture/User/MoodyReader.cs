using EmbeddedLog.Torture.Load;

namespace EmbeddedLog.Torture.User;

/// <summary>
/// Reads a topic through a deserializer in a mood, and stops its own reads early. Every record must come: one that
/// could not be read comes again, a skipped one does not.
/// </summary>
internal sealed class MoodyReader(LoadWork work, Mood mood, LoadReport report)
{
    private const int Place = 2;

    private readonly Topic _topic = work.TopicAt(Place);
    private readonly Consumer<byte[]?, byte[]> _consumer =
        work.Log.CreateConsumer<byte[]?, byte[]>(LoadTopic.All[Place].Name, values: new MoodySerde(mood));

    public async Task RunAsync()
    {
        await using Consumer<byte[]?, byte[]> consumer = _consumer;
        long[] next = [.. _topic.Partitions.Select(partition => partition.StartOffset)];
        while (!work.Stop.IsCancellationRequested)
        {
            try
            {
                await ReadAsync(consumer, next);
            }
            catch (RecordDeserializationException unreadable)
            {
                if (mood.Next(2) == 0 && !TrySkip(consumer, unreadable, next))
                {
                    return;
                }
            }
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (EmbeddedLogException failure)
            {
                report.Tell(LoadMessageKind.Note, $"moody reader: {failure}", LoadReport.KindOf(failure));
            }
        }
    }

    /// <summary>Skips a record; false if the log was closed since it was read.</summary>
    private static bool TrySkip(
        Consumer<byte[]?, byte[]> consumer, RecordDeserializationException unreadable, long[] next)
    {
        try
        {
            consumer.Skip(unreadable);
            next[unreadable.Partition!.Value]++;
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private async Task ReadAsync(Consumer<byte[]?, byte[]> consumer, long[] next)
    {
        await foreach (Record<byte[]?, byte[]> record in consumer.ReadAllAsync(work.Stop))
        {
            if (record.Offset != next[record.Partition] || LoadRecord.Identify(record) is null)
            {
                report.Tell(
                    LoadMessageKind.Violation,
                    $"moody reader: {record.TopicPartitionOffset} came where {next[record.Partition]} was due");
            }

            if (mood.Next(50) == 0)
            {
                // Not finished: the next read starts with it.
                return;
            }

            next[record.Partition] = record.Offset + 1;
        }
    }
}
