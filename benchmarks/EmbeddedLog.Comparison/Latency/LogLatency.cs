namespace EmbeddedLog.Comparison.Latency;

/// <summary>The typed producer and the typed consumer, both with the default options.</summary>
internal sealed class LogLatency(bool flushed) : Contender
{
    public override string System => Systems.EmbeddedLog;

    public override string Settings => ScratchLog.Settings;

    public override IReadOnlyList<string> Workloads => flushed
        ? ["latency-flushed-pool", "latency-flushed-pool-p99"]
        : ["latency-written-pool", "latency-written-pool-p99"];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        await using ScratchLog scratch = await ScratchLog.OpenAsync(directory);
        await using Producer<string, byte[]> producer =
            scratch.Log.CreateProducer<string, byte[]>(ScratchLog.TopicName);
        Consumer<string, byte[]> consumer = scratch.Log.CreateConsumer<string, byte[]>(ScratchLog.TopicName, "group");
        using IdleLatency latency = new();
        Task reader = ReadAsync(consumer, latency);
        double[] times = await latency.TimeAsync(scale.WakeUps, Produce, flushed);
        await consumer.DisposeAsync();
        await reader;
        return times;

        void Produce()
        {
            if (flushed)
            {
                producer.ProduceAsync(TypedKey, value).AsTask().GetAwaiter().GetResult();
            }
            else if (!producer.TryProduce(TypedKey, value, out _))
            {
                throw new InvalidOperationException("The producer's window is full.");
            }
        }
    }

    private const string TypedKey = Typed.TypedRecords.Key;

    private static async Task ReadAsync(Consumer<string, byte[]> consumer, IdleLatency latency)
    {
        try
        {
            await foreach (Record<string, byte[]> record in consumer.ReadAllAsync())
            {
                latency.NoteArrival();
            }
        }
        catch (ObjectDisposedException)
        {
            // The measurement is over.
        }
    }
}
