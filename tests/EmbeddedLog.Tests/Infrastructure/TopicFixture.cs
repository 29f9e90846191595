using System.Globalization;
using System.Text;
using EmbeddedLog.Concurrency;
using EmbeddedLog.Consuming.Subscribing;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>
/// The partitions of one topic, or of several in turn, and what groups commit for them, without a log around them, on
/// any platform.
/// </summary>
internal sealed class TopicFixture : IAsyncDisposable
{
    public const string Topic = "topic";
    public const string Group = "group";

    private readonly PartitionFixture _fixture;

    public TopicFixture(
        Platform platform,
        string root,
        int partitions = 1,
        bool clean = true,
        bool cacheSurvived = false,
        PartitionSettings? settings = null,
        ulong generation = 0,
        int topics = 1)
    {
        _fixture = new PartitionFixture(
            platform, root, clean, cacheSurvived, generation: generation, logger: Logged);
        Logs =
        [
            .. Enumerable.Range(0, partitions).Select(i => _fixture.Open(
                topics == 1 ? Topic : $"{Topic}-{i % topics}",
                i / topics,
                settings,
                PartitionFixture.TopicUid + (ulong)(i % topics))),
        ];
        Partitions = [.. Logs.Select(log => new OwnedPartition(log))];
        Offsets = OffsetStore.Open(_fixture.Factory, _fixture.Segments, _fixture.Logger, root, Logs);
        Groups = new GroupCoordinator(
            new TopicCatalog(
                () => [.. Logs.Select(log => log.Id.Topic).Distinct()],
                name => Logs.Where(log => log.Id.Topic == name).ToArray() is [_, ..] found ? found : null),
            Offsets.End,
            _fixture.Platform,
            _fixture.Logger);
    }

    public SegmentResources Segments => _fixture.Segments;

    /// <summary>What was logged.</summary>
    public LogLines Logged { get; } = new();

    public PartitionLog[] Logs { get; }

    public OwnedPartition[] Partitions { get; }

    public OffsetStore Offsets { get; }

    /// <summary>The groups that consume it.</summary>
    public GroupCoordinator Groups { get; }

    public PartitionLog Log => Logs[0];

    /// <summary>A topic on a simulated disk that nothing was written to.</summary>
    public static TopicFixture On(
        SimulatedPlatform simulation, int partitions = 1, PartitionSettings? settings = null, int topics = 1)
    {
        simulation.Platform.Files.CreateDirectory(OpenLog.Directory);
        simulation.Platform.Files.SyncDirectory("/");
        return new TopicFixture(
            simulation.Platform, OpenLog.Directory, partitions, settings: settings, topics: topics);
    }

    /// <summary>The topic as it is found after a crash, by an owner that has the number of its opening.</summary>
    public static TopicFixture After(
        SimulatedPlatform simulation,
        CrashKind kind,
        ulong generation,
        int partitions = 1,
        PartitionSettings? settings = null,
        int topics = 1) =>
        new(
            simulation.Platform,
            OpenLog.Directory,
            partitions,
            clean: false,
            cacheSurvived: kind == CrashKind.ProcessKill,
            settings,
            generation,
            topics);

    /// <summary>Appends a record with a number as its value, and as its key.</summary>
    public long Append(int number, int partition = 0, long timestamp = RawRecord.NoTimestamp)
    {
        byte[] text = Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture));
        return Logs[partition].Append(new RawRecord(text, text) { Timestamp = timestamp }, out _);
    }

    /// <summary>Appends the numbers from zero on, each as a record.</summary>
    public void AppendNumbers(int count, int partition = 0)
    {
        for (int i = 0; i < count; i++)
        {
            Append(i, partition);
        }
    }

    public Consumer<string, string> Consume(
        string? group = Group, ConsumerOptions? options = null) =>
        Consume(Serdes.Utf8, Serdes.Utf8, group, options);

    public Consumer<TKey, TValue> Consume<TKey, TValue>(
        IDeserializer<TKey> keys,
        IDeserializer<TValue> values,
        string? group = Group,
        ConsumerOptions? options = null)
    {
        ConsumerOptions valid = (options ?? new ConsumerOptions()).ValidatedCopy(group);
        return new Consumer<TKey, TValue>(
            Subscription.Topics([.. Logs.Select(log => log.Id.Topic).Distinct()]),
            group,
            Groups,
            Offsets,
            keys,
            values,
            valid,
            _fixture.Platform,
            _fixture.Segments.Readers,
            _fixture.Logger,
            new LogUsers(),
            deadLetters: null);
    }

    /// <summary>What a group is found to have committed.</summary>
    public long? Committed(int partition = 0, string group = Group) =>
        Offsets.Effective(group, Logs[partition])?.Offset;

    /// <summary>Closes everything; true where a later opening may take it for clean.</summary>
    public async Task<bool> CloseAsync()
    {
        bool clean = await Offsets.CloseAsync();
        foreach (PartitionLog log in Logs)
        {
            clean &= await log.CloseAsync();
        }

        _fixture.Background.Dispose();
        return clean;
    }

    public async ValueTask DisposeAsync() => await CloseAsync();
}
