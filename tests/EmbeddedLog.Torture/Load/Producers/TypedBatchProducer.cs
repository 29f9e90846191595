namespace EmbeddedLog.Torture.Load.Producers;

/// <summary>
/// Sends batches over all partitions of a topic; each is acknowledged when all its records are flushed.
/// </summary>
internal sealed class TypedBatchProducer : LoadProducer
{
    private readonly Producer<byte[]?, byte[]> _producer;

    public TypedBatchProducer(LoadWork work, int index, int topic)
        : base(work, index, topic)
    {
        _producer = work.Log.CreateProducer<byte[]?, byte[]>(Topic.Name);
    }

    protected override async ValueTask<LoadFailure> StepAsync()
    {
        LoadIdentity[] records = TakeBatch();
        try
        {
            IReadOnlyList<RecordMetadata> stored = await _producer.ProduceBatchAsync([.. records.Select(RecordOf)]);
            for (int i = 0; i < records.Length; i++)
            {
                Work.Report.Appended(
                    records[i], Place, stored[i].Partition, stored[i].Offset, 1, Durability.Flushed);
            }

            return LoadFailure.None;
        }
        catch (Exception failure) when (failure is EmbeddedLogException or ObjectDisposedException)
        {
            return Failed(records[0], records.Length, failure, refused: false);
        }
    }

    protected override async ValueTask EndAsync()
    {
        try
        {
            await _producer.DisposeAsync();
        }
        catch (Exception failure) when (failure is EmbeddedLogException or ObjectDisposedException)
        {
            // Each batch has already reported its failure.
        }
    }
}
