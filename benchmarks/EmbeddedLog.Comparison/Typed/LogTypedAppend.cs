using System.Diagnostics;

namespace EmbeddedLog.Comparison.Typed;

/// <summary>The typed producer, whose records have a key of six characters.</summary>
internal sealed class LogTypedAppend : Contender
{
    public override string System => Systems.EmbeddedLog;

    public override string Settings => ScratchLog.Settings;

    public override IReadOnlyList<string> Workloads => ["append-typed"];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        await using ScratchLog scratch = await ScratchLog.OpenAsync(directory);
        await using Producer<string, byte[]> producer = scratch.Log.CreateProducer<string, byte[]>("topic");
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < scale.Appends; i++)
        {
            ProducerRecord<string, byte[]> record = new("site-7", value);
            while (!producer.TryProduce(record, out _))
            {
                await producer.WaitToProduceAsync();
            }
        }

        TimeSpan appended = watch.Elapsed;
        await producer.FlushAsync();
        return [Rate(scale.Appends, appended)];
    }
}
