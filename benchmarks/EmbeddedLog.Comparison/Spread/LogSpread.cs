using EmbeddedLog.Comparison.Durable;

namespace EmbeddedLog.Comparison.Spread;

internal sealed class LogSpread(int partitions) : Contender
{
    public override string System => Systems.EmbeddedLog;

    public override string Settings => ScratchLog.Settings;

    public override IReadOnlyList<string> Workloads => [SpreadFiles.Name(partitions)];

    public override bool IsSlowToPrepare => SpreadFiles.IsSlowToPrepare(partitions);

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        await using ScratchLog scratch = await ScratchLog.OpenAsync(
            directory, Math.Min(partitions, scale.MaxPartitions));
        OwnedPartition[] all = [.. scratch.Topic.Partitions];
        foreach (OwnedPartition partition in all)
        {
            // A partition's first record makes its files.
            partition.Append(new RawRecord(value));
        }

        await scratch.Log.FlushAsync();
        long next = 0;
        return
        [
            await ManyInFlight.RateAsync(
                SpreadFiles.InFlight,
                scale.DurableSpread,
                scale.DurableSpread,
                () =>
                {
                    OwnedPartition partition = all[(Interlocked.Increment(ref next) - 1) % all.Length];
                    return partition.FlushAsync(partition.Append(new RawRecord(value)) + 1);
                }),
        ];
    }
}
