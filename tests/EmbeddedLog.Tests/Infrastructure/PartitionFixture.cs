using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Flushing;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>
/// Partitions of one directory without a log around them, on any platform. Opening after a crash is told by the session
/// that it is given; nothing here stops two fixtures from using one directory at once.
/// </summary>
internal sealed class PartitionFixture : IAsyncDisposable
{
    public const ulong TopicUid = 0x1234_5678_9ABC_DEF0;

    private readonly string _root;
    private readonly List<PartitionLog> _opened = [];

    public PartitionFixture(
        Platform platform,
        string root,
        bool clean = true,
        bool cacheSurvived = false,
        int maxOpen = 256,
        ulong generation = 0,
        ILogger? logger = null,
        int minTogether = int.MaxValue)
    {
        _root = root;
        Platform = platform;
        Logger = logger ?? NullLogger.Instance;
        Segments = new SegmentResources(
            platform, new ReaderEpochs(), new OpenSegments(maxOpen), new QueuedLogger(Logger, platform.Work));
        Background = new BackgroundSchedule(platform.Work, platform.Time);
        Factory = new PartitionFactory(
            Segments,
            AsyncWaiter.CreatePool(platform.Work),
            new FlushQueue(platform, minTogether),
            Background,
            ControlFile.None,
            watch: null,
            new SessionState(clean, cacheSurvived, generation),
            new ForeignNames(),
            Logger);
    }

    public Platform Platform { get; }

    public ILogger Logger { get; }

    public SegmentResources Segments { get; }

    public BackgroundSchedule Background { get; }

    public PartitionFactory Factory { get; }

    public static PartitionSettings Settings(
        int segmentBytes = 64 << 10, bool positional = false, TimeSpan? flushInterval = null, int maxRecordBytes = 0) =>
        new(
            segmentBytes,
            long.MaxValue,
            maxRecordBytes == 0 ? segmentBytes - TopicOptions.SegmentReserveBytes : maxRecordBytes,
            flushInterval,
            AppendTime: false,
            MaxAheadMilliseconds: long.MaxValue,
            RetentionPolicy.KeepForever,
            positional);

    public PartitionLog Open(
        string topic = "topic", int number = 0, PartitionSettings? settings = null, ulong topicUid = TopicUid)
    {
        string directory = Path.Combine(_root, $"{topic}-{number}");
        FileSystem files = Platform.Files;
        if (!files.DirectoryExists(directory))
        {
            files.CreateDirectory(directory);
            files.SyncDirectory(_root);
        }

        PartitionIdentity identity = new(new TopicPartition(topic, number), topicUid, directory);
        settings ??= Settings();
        if (!settings.Positional)
        {
            TempFileSystem.RequireSpaceToMap(files);
        }

        PartitionLog log = Factory.Open(identity, settings);
        _opened.Add(log);
        return log;
    }

    /// <summary>
    /// Ends what its logs do by themselves, as the death of their process does: they would go on making files beside
    /// the next fixture.
    /// </summary>
    public void Abandon() =>
        Task.WhenAll(_opened.Select(log => log.Preparer.StopAsync())).GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        foreach (PartitionLog log in _opened)
        {
            await log.CloseAsync();
        }

        Background.Dispose();
    }
}
