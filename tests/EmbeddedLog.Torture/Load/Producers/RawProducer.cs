namespace EmbeddedLog.Torture.Load.Producers;

/// <summary>Appends to one partition, record by record or in batches, and flushes now and then.</summary>
internal sealed class RawProducer : LoadProducer
{
    private readonly OwnedPartition _partition;
    private readonly RecordBatch? _batch;

    /// <param name="work">The objects shared by the workers.</param>
    /// <param name="index">The producer's number in its life.</param>
    /// <param name="topic">The topic's place.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="batches">Whether it appends batches.</param>
    public RawProducer(LoadWork work, int index, int topic, int partition, bool batches)
        : base(work, index, topic)
    {
        _partition = Topic[partition];
        _batch = batches ? new RecordBatch() : null;
    }

    protected override async ValueTask<LoadFailure> StepAsync()
    {
        LoadIdentity[] records = _batch is null ? [Take()] : TakeBatch();
        LoadIdentity first = records[0];
        try
        {
            long offset = Append(records);
            Work.Report.Appended(first, Place, _partition.Number, offset, records.Length, Durability.Written);
        }
        catch (Exception failure) when (failure is EmbeddedLogException or ObjectDisposedException)
        {
            return Failed(first, records.Length, failure, refused: true);
        }

        return Random.Next(16) == 0 ? await FlushAsync(first) : LoadFailure.None;
    }

    private long Append(LoadIdentity[] records)
    {
        if (_batch is null)
        {
            return _partition.Append(RawOf(records[0]));
        }

        _batch.Clear();
        foreach (LoadIdentity record in records)
        {
            _batch.Add(RawOf(record));
        }

        return _partition.AppendBatch(_batch);
    }

    private async ValueTask<LoadFailure> FlushAsync(LoadIdentity last)
    {
        try
        {
            long end = _partition.EndOffset;
            await _partition.FlushAsync(end);
            Work.Report.Flushed(Place, _partition.Number, end);
            return LoadFailure.None;
        }
        catch (Exception failure) when (failure is EmbeddedLogException or ObjectDisposedException)
        {
            return Failed(last, count: 0, failure, refused: false);
        }
    }
}
