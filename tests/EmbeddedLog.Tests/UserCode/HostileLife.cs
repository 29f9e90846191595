namespace EmbeddedLog.Tests.UserCode;

/// <summary>
/// Lives of one log in which everything throws that its user gives it: what is acknowledged stays all the same, and
/// what throws on the caller's thread costs that call alone.
/// </summary>
internal sealed class HostileLife(int seed, double probability)
{
    private const int Partitions = 3;

    private readonly Random _random = new(seed);
    private readonly HashSet<long> _acknowledged = [];
    private readonly HashSet<long> _read = [];

    /// <summary>How many values were sent, acknowledged or not.</summary>
    private long _sent;

    public Moods Moods { get; } = new(seed, probability);

    /// <summary>Keeps all: then nothing acknowledged may be missing.</summary>
    public static TopicOptions Kept => new()
    {
        Partitions = Partitions,
        SegmentBytes = 16 << 10,
        MaxRecordBytes = 4_000,
        FlushInterval = TimeSpan.FromMilliseconds(1),
        Retention = RetentionPolicy.KeepForever,
    };

    private static TopicOptions Brief => new()
    {
        SegmentBytes = 16 << 10,
        MaxRecordBytes = 4_000,
        Retention = new RetentionPolicy { MaxBytesPerPartition = 1 },
    };

    public CommitLogOptions Options(TimeProvider time) => new()
    {
        LoggerFactory = new HostileLogger(Moods),
        TimeProvider = time,
        RetentionCheckInterval = TimeSpan.FromMilliseconds(1),
        ScrubBytesPerSecond = 1L << 30,
        ScrubInterval = TimeSpan.FromSeconds(1),
        MaxOpenSegments = 2,
    };

    /// <summary>One life of a log, up to its end.</summary>
    public async Task LiveAsync(CommitLog log, Func<Task> pass)
    {
        await log.EnsureTopicAsync("kept", Kept);
        await log.EnsureTopicAsync("brief", Brief);
        HostileSerde serde = new(Moods);
        Consumer<long, long> consumer = log.CreateConsumer<long, long>(
            "kept", "group", new() { CommitInterval = TimeSpan.FromMilliseconds(1) }, serde, serde);
        Producer<long, long> producer = log.CreateProducer<long, long>(
            "kept", new() { Partitioner = serde }, serde, serde);
        for (int turn = 0; turn < 5; turn++)
        {
            await ProduceAsync(producer);
            log.GetTopic("brief")[0].Append(new RawRecord(new byte[3_000]));
            await ReadAsync(consumer);
            await pass();
            await Try(async () => await log.VerifyAsync(null, new HostileProgress(Moods)));
        }

        if (_random.Next(2) == 0)
        {
            await producer.DisposeAsync();
            await consumer.DisposeAsync();
        }

        await log.DeleteTopicAsync("brief");
        await log.DisposeAsync();
    }

    /// <summary>Looks at what is there, with code that does not throw.</summary>
    public async Task CheckAsync(CommitLog log)
    {
        HostileSerde serde = new(new Moods(0, 0));
        await using Consumer<long, long> consumer = log.CreateConsumer<long, long>("kept", null, null, serde, serde);
        HashSet<long> found = [];
        await foreach (Record<long, long> record in consumer.ReadToEndAsync())
        {
            Assert.Equal(record.Key, record.Value);
            Assert.True(found.Add(record.Value), "A record is there twice.");
        }

        Assert.Subset(found, _acknowledged);
        Assert.Subset(found, _read);
        Assert.True((await log.VerifyAsync()).IsIntact);
    }

    private static async Task<bool> Try(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (Exception failure) when (failure is InvalidOperationException or OperationCanceledException
            or IOException or TimeoutException or RecordSerializationException or RecordDeserializationException)
        {
            // The user's own, or the library's that tells of it.
            return false;
        }
    }

    private async Task ProduceAsync(Producer<long, long> producer)
    {
        for (int i = 0; i < 40; i++)
        {
            long value = _sent++;
            if (await Try(async () => await producer.ProduceAsync(value, value)))
            {
                _acknowledged.Add(value);
            }
        }
    }

    private async Task ReadAsync(Consumer<long, long> consumer) =>
        await Try(async () =>
        {
            await foreach (Record<long, long> record in consumer.ReadToEndAsync())
            {
                _read.Add(record.Value);
            }
        });

    private sealed class HostileProgress(Moods moods) : IProgress<VerifyProgress>
    {
        public void Report(VerifyProgress value) => moods.Act();
    }
}
