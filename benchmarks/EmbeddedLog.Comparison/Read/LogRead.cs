using System.Diagnostics;

namespace EmbeddedLog.Comparison.Read;

internal sealed class LogRead : Contender
{
    public override string System => Systems.EmbeddedLog;

    public override string Settings => ScratchLog.Settings;

    public override IReadOnlyList<string> Workloads => ["read-raw"];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        await using ScratchLog scratch = await ScratchLog.OpenAsync(directory);
        for (int i = 0; i < scale.Appends; i++)
        {
            scratch.Partition.Append(new RawRecord(value));
        }

        await scratch.Partition.FlushAsync();
        Stopwatch watch = Stopwatch.StartNew();
        long bytes = Read(scratch.Partition);
        return bytes == (long)scale.Appends * value.Length
            ? [Rate(scale.Appends, watch.Elapsed)]
            : throw new InvalidDataException($"{bytes} bytes were read.");
    }

    private static long Read(OwnedPartition partition)
    {
        long bytes = 0;
        using PartitionScan scan = partition.Scan(0);
        while (scan.TryRead(out RecordView record))
        {
            bytes += record.Value.Length;
        }

        return bytes;
    }
}
