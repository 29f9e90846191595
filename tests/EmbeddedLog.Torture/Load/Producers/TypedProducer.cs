namespace EmbeddedLog.Torture.Load.Producers;

/// <summary>Sends keyed and keyless records, each acknowledged as flushed, with several in flight.</summary>
internal sealed class TypedProducer : LoadProducer
{
    private const int MaxInFlight = 24;

    private readonly Producer<byte[]?, byte[]> _producer;
    private readonly Queue<(LoadIdentity Identity, ValueTask<RecordMetadata> Sent)> _inFlight = new();
    private readonly int _window;

    public TypedProducer(LoadWork work, int index, int topic)
        : base(work, index, topic)
    {
        _producer = work.Log.CreateProducer<byte[]?, byte[]>(Topic.Name);
        _window = Random.Next(1, MaxInFlight + 1);
    }

    protected override async ValueTask<LoadFailure> StepAsync()
    {
        while (_inFlight.Count < _window)
        {
            LoadIdentity identity = Take();
            _inFlight.Enqueue((identity, _producer.ProduceAsync(RecordOf(identity))));
        }

        return await TakeOneAsync();
    }

    protected override async ValueTask EndAsync()
    {
        while (_inFlight.Count > 0)
        {
            await TakeOneAsync();
        }

        try
        {
            await _producer.DisposeAsync();
        }
        catch (EmbeddedLogException)
        {
            // Each record has already reported its failure.
        }
    }

    private async ValueTask<LoadFailure> TakeOneAsync()
    {
        (LoadIdentity identity, ValueTask<RecordMetadata> sent) = _inFlight.Dequeue();
        try
        {
            RecordMetadata stored = await sent;
            Work.Report.Appended(identity, Place, stored.Partition, stored.Offset, 1, Durability.Flushed);
            return LoadFailure.None;
        }
        catch (Exception failure) when (failure is EmbeddedLogException or ObjectDisposedException)
        {
            // With a full disk nothing was appended; after a failed flush or closing it is unknown.
            return Failed(identity, 1, failure, refused: failure is DiskFullException);
        }
    }
}
