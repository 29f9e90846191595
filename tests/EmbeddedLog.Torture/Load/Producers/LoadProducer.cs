namespace EmbeddedLog.Torture.Load.Producers;

/// <summary>
/// Appends in one of several ways, one call after the other, and reports the acknowledgements. Continues after a full
/// disk; ends when its partition has failed or the log is closed.
/// </summary>
internal abstract class LoadProducer
{
    private readonly int _producer;
    private long _next;

    /// <param name="work">The objects shared by the workers.</param>
    /// <param name="index">The producer's number in its life.</param>
    /// <param name="topic">The topic's place.</param>
    protected LoadProducer(LoadWork work, int index, int topic)
    {
        Work = work;
        Place = topic;
        Topic = work.TopicAt(topic);
        Random = work.RandomOf(index);
        _producer = LoadIdentity.ProducerOf(work.Life, index);
    }

    /// <summary>The objects shared by the workers.</summary>
    protected LoadWork Work { get; }

    /// <summary>The topic's place.</summary>
    protected int Place { get; }

    /// <summary>The topic.</summary>
    protected Topic Topic { get; }

    /// <summary>The producer's own random numbers.</summary>
    protected Random Random { get; }

    /// <summary>Appends until the life ends or appending is impossible.</summary>
    public async Task RunAsync()
    {
        while (!Work.Stop.IsCancellationRequested)
        {
            LoadFailure failure = await StepAsync();
            if (failure is not (LoadFailure.None or LoadFailure.DiskFull or LoadFailure.NoHandles))
            {
                break;
            }

            if (failure != LoadFailure.None)
            {
                // Space or handles must become free elsewhere; retrying at once would only fill the pipe.
                await Task.Delay(TimeSpan.FromMilliseconds(2));
            }
        }

        await EndAsync();
    }

    /// <summary>One call or a few; returns why the last one failed.</summary>
    protected abstract ValueTask<LoadFailure> StepAsync();

    /// <summary>Releases its producer.</summary>
    protected virtual ValueTask EndAsync() => ValueTask.CompletedTask;

    /// <summary>The identity of the next record.</summary>
    protected LoadIdentity Take() => new(_producer, _next++);

    /// <summary>The identities of the next batch.</summary>
    protected LoadIdentity[] TakeBatch()
    {
        int count = LoadRecord.BatchFrom(new LoadIdentity(_producer, _next), Random);
        return [.. Enumerable.Range(0, count).Select(_ => Take())];
    }

    /// <summary>Reports a failed call.</summary>
    protected LoadFailure Failed(LoadIdentity first, int count, Exception failure, bool refused) =>
        Work.Report.Failed(first, Place, count, failure, refused);

    /// <summary>A record to be sent by a typed producer.</summary>
    protected static ProducerRecord<byte[]?, byte[]> RecordOf(LoadIdentity identity)
    {
        byte[] value = LoadRecord.ValueOf(identity);
        Headers headers = LoadRecord.HeadersOf(identity);
        return LoadRecord.KeyOf(identity) is { } key
            ? ProducerRecord.Create<byte[]?, byte[]>(key, value) with { Headers = headers }
            : ProducerRecord.WithoutKey<byte[]?, byte[]>(value) with { Headers = headers };
    }

    /// <summary>A record to be appended to a partition.</summary>
    protected static RawRecord RawOf(LoadIdentity identity)
    {
        byte[] value = LoadRecord.ValueOf(identity);
        ReadOnlySpan<Header> headers = LoadRecord.HeadersOf(identity).AsSpan();
        return LoadRecord.KeyOf(identity) is { } key
            ? new RawRecord(key, value) { Headers = headers }
            : new RawRecord(value) { Headers = headers };
    }
}
