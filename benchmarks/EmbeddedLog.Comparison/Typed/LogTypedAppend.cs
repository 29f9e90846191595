using System.Diagnostics;

namespace EmbeddedLog.Comparison.Typed;

/// <summary>The typed producer, whose records have a key of six characters.</summary>
internal sealed class LogTypedAppend : Contender
{
    public override string System => Systems.EmbeddedLog;

    public override string Settings => $"{ScratchLog.Settings}; durability of the producer: written";

    public override IReadOnlyList<string> Workloads => ["append-typed"];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        await using ScratchLog scratch = await ScratchLog.OpenAsync(directory);

        // Acknowledged when written, like the raw appends. Otherwise the unflushed bytes are bounded.
        ProducerOptions options = new() { Durability = Durability.Written };
        await using Producer<string, byte[]> producer =
            scratch.Log.CreateProducer<string, byte[]>("topic", options);
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < scale.Appends; i++)
        {
            // Not a record in a local variable, which would be a field on the heap across an await and cost a sixth of
            // a send.
            while (!producer.TryProduce(TypedRecords.Key, value, out _))
            {
                await producer.WaitToProduceAsync();
            }
        }

        TimeSpan appended = watch.Elapsed;
        await producer.FlushAsync();
        return [Rate(scale.Appends, appended)];
    }
}
