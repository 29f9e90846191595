using EmbeddedLog.Maintenance.Retention;
using EmbeddedLog.Torture.Load.Checking;

namespace EmbeddedLog.Torture.Unmap;

/// <summary>
/// One log with small segments and a small size limit, filled and trimmed until a number of segments was removed, while
/// readers of all kinds read it; then it is closed while they read.
/// </summary>
internal sealed class UnmapRound
{
    private const int Partitions = 2;
    private const int SegmentsToRemove = 120;

    /// <summary>
    /// How far appends may be ahead of retention, in segments: so many are unmapped while they are read.
    /// </summary>
    private const int SegmentsAhead = 12;

    private readonly TortureRun _run;
    private readonly int _seed;
    private readonly string _directory;
    private readonly int _segmentBytes;
    private readonly int _segmentsKept;
    private readonly int _maxOpenSegments;
    private readonly WriteMode _writeMode;

    /// <summary>Set when enough segments were removed or after a failure; the log is closed then.</summary>
    private volatile bool _closing;

    private long _removed;

    public UnmapRound(TortureRun run, int seed, string directory)
    {
        Random random = new(seed);
        _run = run;
        _seed = seed;
        _directory = directory;
        _segmentBytes = (16 << 10) << random.Next(3);
        _segmentsKept = random.Next(1, 8);
        _maxOpenSegments = random.Next(1, 6);
        _writeMode = random.Next(3) == 0 ? WriteMode.Positional : WriteMode.Auto;
    }

    public override string ToString() =>
        $"a log of {Partitions} partitions, {_writeMode}, segments of {_segmentBytes} bytes, {_segmentsKept} kept, "
        + $"{_maxOpenSegments} open at most";

    /// <exception cref="LoadViolationException">A reader found a wrong record.</exception>
    public async Task PlayAsync()
    {
        CommitLog log = await CommitLog.OpenAsync(
            _directory, new CommitLogOptions { MaxOpenSegments = _maxOpenSegments });
        Topic topic = await log.CreateTopicAsync("topic", new TopicOptions
        {
            Partitions = Partitions,
            SegmentBytes = _segmentBytes,
            MaxRecordBytes = _segmentBytes / 4,
            WriteMode = _writeMode,
            Retention = new RetentionPolicy { MaxBytesPerPartition = (long)_segmentsKept * _segmentBytes },
        });

        List<Task> all = [];
        foreach (OwnedPartition partition in topic.Partitions)
        {
            all.Add(StartAsync(() => Append(partition)));
            all.Add(StartAsync(() => RemoveAsync(partition).GetAwaiter().GetResult()));
        }

        UnmapReaders readers = new(_run, topic, () => _closing);
        all.AddRange(readers.Threads(_seed).Select(StartAsync));
        all.Add(readers.ConsumeAsync(log));

        // Closed while all readers read, and after more segments were removed than they can have mapped.
        while (!_closing)
        {
            await Task.WhenAny([.. all, Task.Delay(TimeSpan.FromMilliseconds(20))]);
            _closing |= Volatile.Read(ref _removed) >= SegmentsToRemove || all.Exists(task => task.IsFaulted)
                || _run.Stop.IsCancellationRequested;
        }

        await log.DisposeAsync();
        await Task.WhenAll(all);
        readers.CheckAndReleaseLeases();
        _run.Add("segments-removed", _removed);
    }

    private static Task StartAsync(Action action) =>
        Task.Factory.StartNew(action, default, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Append(OwnedPartition partition)
    {
        try
        {
            while (!_closing)
            {
                if (partition.SizeBytes > (long)(_segmentsKept + SegmentsAhead) * _segmentBytes)
                {
                    Thread.Yield();
                    continue;
                }

                long offset = partition.EndOffset;
                partition.Append(new RawRecord(UnmapRecords.ValueOf(partition.Number, offset)));
                _run.Add("appended", 1);
            }
        }
        catch (ObjectDisposedException) when (_closing)
        {
            // The log was closed between the check and the append.
        }
    }

    private async Task RemoveAsync(OwnedPartition partition)
    {
        try
        {
            while (!_closing)
            {
                await partition.FlushAsync();
                long now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
                Interlocked.Add(ref _removed, RetentionRules.Apply(partition.Log, now));
            }
        }
        catch (ObjectDisposedException) when (_closing)
        {
            // The log was closed during a flush.
        }
    }
}
