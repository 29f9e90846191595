namespace EmbeddedLog.Comparison.Latency;

/// <summary>The typed producer and the typed consumer.</summary>
/// <param name="level">The level of acknowledgement.</param>
/// <param name="inline">Whether the consumer goes on inside the append.</param>
internal sealed class LogLatency(Durability level, bool inline) : Contender
{
    public override string System => Systems.EmbeddedLog;

    public override string Settings => inline ? "inline: AllowSynchronousContinuations" : ScratchLog.Settings;

    public override IReadOnlyList<string> Workloads => IdleLatency.Names(level, inline);

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        await using ScratchLog scratch = await ScratchLog.OpenAsync(directory);
        await using Producer<string, byte[]> producer =
            scratch.Log.CreateProducer<string, byte[]>(ScratchLog.TopicName);
        ConsumerOptions options = new() { AllowSynchronousContinuations = inline };
        Consumer<string, byte[]> consumer =
            scratch.Log.CreateConsumer<string, byte[]>(ScratchLog.TopicName, "group", options);
        using IdleLatency latency = new();
        Task reader = ReadAsync(consumer, latency);
        double[] times = await latency.TimeAsync(
            scale.WakeUps, Produce, toTheEnd: level == Durability.Flushed);
        await consumer.DisposeAsync();
        await reader;
        return times;

        void Produce()
        {
            if (level == Durability.Flushed)
            {
                producer.ProduceAsync(Typed.TypedRecords.Key, value).AsTask().GetAwaiter().GetResult();
            }
            else if (!producer.TryProduce(Typed.TypedRecords.Key, value, out _))
            {
                throw new InvalidOperationException("The producer's window is full.");
            }
        }
    }

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
