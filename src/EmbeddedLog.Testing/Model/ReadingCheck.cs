using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Testing.Model;

/// <summary>Reads a partition and compares what it gives with what it must hold.</summary>
internal sealed class ReadingCheck(
    ModelLog owner, PartitionModel model, ModelStatistics statistics, string name, Random random)
{
    private readonly byte[] _buffer = new byte[16 << 10];

    /// <summary>Reads from a place on, in thousandths of what can be read, and looks for a time.</summary>
    public void Check(PartitionLog log, int thousandths)
    {
        long start = log.StartOffset;
        long from = start + ((log.PublishedEnd - start) * thousandths / 1000);
        if (!Try(() => ReadFrom(log, from)))
        {
            return;
        }

        long timestamp = model.Records.Count == 0
            ? 0
            : model.Records[random.Next(model.Records.Count)].Timestamp + random.Next(-1, 2);
        long? found = null;
        if (Try(() => found = TimestampSearch.Find(log, timestamp)) && found != model.FindOffset(timestamp))
        {
            throw Violation($"time {timestamp} is at {found}");
        }
    }

    /// <summary>Reads all that there is.</summary>
    public void CheckAll(PartitionLog log) => ReadFrom(log, log.StartOffset);

    private void ReadFrom(PartitionLog log, long offset)
    {
        using PartitionScan scan = log.Scan(offset);
        for (long next = offset; next < model.Records.Count; next++)
        {
            if (!scan.TryRead(out RecordView read))
            {
                throw Violation($"the log has no offset {next}");
            }

            string? fault = read.Offset == next
                ? model.Records[(int)next].Compare(read, _buffer)
                : $"offset {read.Offset}";
            if (fault is not null)
            {
                throw Violation($"at offset {next} stands {fault}");
            }

            statistics.RecordsRead++;
        }

        if (scan.TryRead(out _))
        {
            throw Violation($"something stands behind the end, {model.Records.Count}");
        }
    }

    /// <summary>Reads; false where the machine has stopped, after which files cannot be opened any more.</summary>
    private bool Try(Action read)
    {
        try
        {
            read();
            return !owner.HasStopped;
        }
        catch (EmbeddedLogException) when (owner.HasStopped)
        {
            return false;
        }
    }

    private ModelViolationException Violation(string what) => new($"Partition {name}: {what}.");
}
