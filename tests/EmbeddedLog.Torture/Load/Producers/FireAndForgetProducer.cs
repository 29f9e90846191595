namespace EmbeddedLog.Torture.Load.Producers;

/// <summary>Sends records with acknowledgements as written, and flushes all of them now and then.</summary>
internal sealed class FireAndForgetProducer : LoadProducer
{
    private readonly Producer<byte[]?, byte[]> _producer;

    /// <summary>By partition: the offset after the last sent record.</summary>
    private readonly long[] _sent;

    public FireAndForgetProducer(LoadWork work, int index, int topic)
        : base(work, index, topic)
    {
        _producer = work.Log.CreateProducer<byte[]?, byte[]>(
            Topic.Name, new ProducerOptions { MaxInFlightBytes = 64 << 10 });
        _sent = new long[Topic.PartitionCount];
    }

    protected override async ValueTask<LoadFailure> StepAsync()
    {
        LoadIdentity identity = Take();
        try
        {
            if (!_producer.TryProduce(RecordOf(identity), out RecordMetadata written))
            {
                await _producer.WaitToProduceAsync();
                return LoadFailure.None;
            }

            _sent[written.Partition] = written.Offset + 1;
            Work.Report.Appended(identity, Place, written.Partition, written.Offset, 1, Durability.Written);
        }
        catch (Exception failure) when (failure is EmbeddedLogException or ObjectDisposedException)
        {
            return Failed(identity, 1, failure, refused: true);
        }

        return Random.Next(32) == 0 ? await FlushAsync(identity) : LoadFailure.None;
    }

    protected override async ValueTask EndAsync()
    {
        try
        {
            await _producer.DisposeAsync();
        }
        catch (Exception failure) when (failure is EmbeddedLogException or ObjectDisposedException)
        {
            // Records that were not flushed were not acknowledged as flushed.
        }
    }

    private async ValueTask<LoadFailure> FlushAsync(LoadIdentity last)
    {
        try
        {
            await _producer.FlushAsync();
        }
        catch (Exception failure) when (failure is EmbeddedLogException or ObjectDisposedException)
        {
            return Failed(last, count: 0, failure, refused: false);
        }

        for (int partition = 0; partition < _sent.Length; partition++)
        {
            Work.Report.Flushed(Place, partition, _sent[partition]);
        }

        return LoadFailure.None;
    }
}
