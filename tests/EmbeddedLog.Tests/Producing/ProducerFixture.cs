using EmbeddedLog.Concurrency;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Serialization;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Topics;

namespace EmbeddedLog.Tests.Producing;

/// <summary>
/// The partitions of one topic on a simulated machine, on which nothing happens unless it is run: what is queued, a
/// flush for one, stays so until <see cref="Settle"/> or an awaited task lets it run.
/// </summary>
internal sealed class ProducerFixture : IDisposable
{
    public const string Topic = "topic";

    private const string Root = "/log";

    private readonly PartitionFixture _storage;
    private bool _closed;

    public ProducerFixture(
        int partitions = 1,
        PartitionSettings? settings = null,
        int seed = 1,
        double yieldProbability = 0,
        int minTogether = int.MaxValue)
    {
        Machine = new SimulatedPlatform(seed, new SimulationOptions { YieldProbability = yieldProbability });
        Machine.Platform.Files.CreateDirectory(Root);
        Machine.Platform.Files.SyncDirectory("/");
        Files = new FaultingFileSystem(Machine.Platform.Files);
        _storage = new PartitionFixture(Machine.Platform with { Files = Files }, Root, minTogether: minTogether);
        settings ??= PartitionFixture.Settings(segmentBytes: 1 << 20);
        Partitions = [.. Enumerable.Range(0, partitions)
            .Select(number => new OwnedPartition(_storage.Open(Topic, number, settings)))];
        Owner = TopicOf(Topic, Partitions);
    }

    public SimulatedPlatform Machine { get; }

    /// <summary>Where calls can be made to fail.</summary>
    public FaultingFileSystem Files { get; }

    public OwnedPartition[] Partitions { get; }

    /// <summary>The topic.</summary>
    public EmbeddedLog.Topic Owner { get; }

    /// <summary>The records in all partitions.</summary>
    public long Count => Partitions.Sum(partition => partition.EndOffset);

    /// <summary>A topic of open partitions, without a log around it.</summary>
    public static EmbeddedLog.Topic TopicOf(string name, OwnedPartition[] partitions) => new(
        new StoredTopic(Root, name, Uid: 1, new TopicOptions { Partitions = partitions.Length }),
        partitions,
        new SerdeResolver([], null));

    /// <summary>A producer of text.</summary>
    public Producer<string, string> Create(
        Durability durability = Durability.Flushed,
        long maxInFlightBytes = 1 << 20,
        IPartitioner? partitioner = null) =>
        Create(Serdes.Utf8, Serdes.Utf8, durability, maxInFlightBytes, partitioner);

    public Producer<TKey, TValue> Create<TKey, TValue>(
        ISerializer<TKey> keys,
        ISerializer<TValue> values,
        Durability durability = Durability.Flushed,
        long maxInFlightBytes = 1 << 20,
        IPartitioner? partitioner = null) =>
        new(
            Owner,
            keys,
            values,
            partitioner ?? Partitioners.Default(),
            new ProducerOptions { Durability = durability, MaxInFlightBytes = maxInFlightBytes }
                .ValidatedCopy(),
            Machine.Platform.Work,
            new LogUsers());

    /// <summary>Runs what is queued, until nothing is.</summary>
    public void Settle() => Machine.Scheduler.RunUntilIdle();

    /// <summary>Runs until the task is complete; nothing that takes time is waited for.</summary>
    public T Run<T>(ValueTask<T> task) => Machine.Run(task);

    /// <inheritdoc cref="Run{T}"/>
    public void Run(ValueTask task) => Machine.Run(task);

    /// <summary>What is in a partition.</summary>
    public IReadOnlyList<StoredRecord> Read(int partition = 0) => StoredRecord.ReadAll(Partitions[partition]);

    /// <summary>Closes the partitions, as disposing a log does.</summary>
    public async ValueTask CloseAsync()
    {
        if (!_closed)
        {
            _closed = true;
            await _storage.DisposeAsync();
        }
    }

    /// <summary>
    /// Closes the partitions; fails if anything was done to the disk that must not be, or was left open.
    /// </summary>
    public void Dispose()
    {
        Files.Clear();
        Machine.Run(CloseAsync());
        Machine.Dispose();
        Assert.Empty(Machine.Disk.Violations);
        Assert.Empty(Machine.Disk.OpenFiles);
        Assert.Empty(Machine.Disk.LiveMaps);
    }
}
