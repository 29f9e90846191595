using System.Text;
using AccessLog.Input;
using EmbeddedLog;

namespace AccessLog;

/// <summary>
/// The place at which reading a source goes on, so that no line is left out and none is taken twice. Lines enter the
/// partitions in the order of the source, and the line decides its partition. So each partition holds all of its lines
/// up to the largest number in it. That number may differ between partitions: after a power failure one may have lost
/// its end and another not. Reading goes on at the last checkpoint, before which every partition is complete. Behind
/// it, a line is skipped if its partition already holds its number or a larger one.
/// </summary>
internal sealed class ResumePoint
{
    /// <summary>The number of the partition of rejected lines, behind those of the requests.</summary>
    public const int RejectedSlot = SampleTopics.RequestPartitions;

    /// <summary>The largest line number by partition; zero if there is none behind the checkpoint.</summary>
    private readonly long[] _largest = new long[RejectedSlot + 1];

    private ResumePoint(SourceCheckpoint checkpoint)
    {
        Lines = checkpoint.Lines;
        Bytes = checkpoint.Bytes;
    }

    /// <summary>Lines before the position to go on from.</summary>
    public long Lines { get; }

    /// <summary>The position to go on from, in bytes.</summary>
    public long Bytes { get; }

    /// <summary>The last line that an earlier run stored; zero if there is none.</summary>
    public long LastStored => Math.Max(Lines, _largest.Max());

    /// <summary>True if the partition already holds the line.</summary>
    public bool Holds(int slot, long line) => line <= _largest[slot];

    /// <summary>
    /// Finds the place to go on. A new file, or one with a longer identity now, is entered in the topic before its
    /// lines, so that also a run without a checkpoint leaves the file's identity.
    /// </summary>
    public static async Task<ResumePoint> FindAsync(
        CommitLog log, LogSource source, CancellationToken cancellationToken)
    {
        var checkpoint = new SourceCheckpoint(source.Name, 0, 0, EndsOf(log), null);
        if (!source.CanResume)
        {
            return new ResumePoint(checkpoint);
        }

        await using Consumer<string, SourceCheckpoint> consumer =
            log.CreateConsumer<string, SourceCheckpoint>(SampleTopics.Sources);
        await foreach (Record<string, SourceCheckpoint> record in consumer.ReadToEndAsync(cancellationToken))
        {
            checkpoint = source.TryRecognize(record.Key, record.Value.Identity) ? record.Value : checkpoint;
        }

        if (checkpoint.Identity != source.Identity)
        {
            checkpoint = checkpoint with { Identity = source.Identity };
            await using Producer<string, SourceCheckpoint> producer =
                log.CreateProducer<string, SourceCheckpoint>(SampleTopics.Sources);
            await producer.ProduceAsync(source.Id, checkpoint, cancellationToken);
        }

        var point = new ResumePoint(checkpoint);
        for (int slot = 0; slot < point._largest.Length; slot++)
        {
            point._largest[slot] = LargestLine(PartitionOf(log, slot), checkpoint.Ends[slot], source.Id);
        }

        return point;
    }

    /// <summary>The partition of a slot: those of the requests, then that of the rejected lines.</summary>
    public static OwnedPartition PartitionOf(CommitLog log, int slot) =>
        slot == RejectedSlot ? log.GetTopic(SampleTopics.Rejected)[0] : log.GetTopic(SampleTopics.Requests)[slot];

    /// <summary>The ends of the partitions, by slot.</summary>
    public static long[] EndsOf(CommitLog log)
    {
        var ends = new long[RejectedSlot + 1];
        for (int slot = 0; slot < ends.Length; slot++)
        {
            ends[slot] = PartitionOf(log, slot).EndOffset;
        }

        return ends;
    }

    private static long LargestLine(OwnedPartition partition, long from, string sourceId)
    {
        byte[] id = Encoding.UTF8.GetBytes(sourceId);
        long largest = 0;
        using PartitionScan scan = partition.Scan(Math.Max(from, partition.StartOffset));
        while (scan.TryRead(out RecordView record))
        {
            largest = Math.Max(largest, LineHeaders.LineOf(record.Headers, id) ?? 0);
        }

        return largest;
    }
}
