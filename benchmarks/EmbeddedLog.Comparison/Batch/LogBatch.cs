using System.Diagnostics;

namespace EmbeddedLog.Comparison.Batch;

internal sealed class LogBatch : Contender
{
    public override string System => Systems.EmbeddedLog;

    public override string Settings => ScratchLog.Settings;

    public override IReadOnlyList<string> Workloads => ["append-batch"];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        RecordBatch batch = new();
        byte[] value = Scale.NewValue();
        for (int i = 0; i < Scale.BatchRecords; i++)
        {
            batch.Add(new RawRecord(value));
        }

        int batches = scale.Appends / Scale.BatchRecords;
        await using ScratchLog scratch = await ScratchLog.OpenAsync(directory);
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < batches; i++)
        {
            scratch.Partition.AppendBatch(batch);
        }

        TimeSpan appended = watch.Elapsed;
        return [Rate((long)batches * Scale.BatchRecords, appended)];
    }
}
