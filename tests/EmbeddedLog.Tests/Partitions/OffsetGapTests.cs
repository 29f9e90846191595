using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Partitions;

/// <summary>
/// A partition whose offsets have gaps, as a compaction leaves them: first and last in segments, in the middle, at the
/// log's end, and inside batches. All is as where there are none, and a missing offset reads as the next one.
/// </summary>
public sealed class OffsetGapTests : IDisposable
{
    private const int Records = 400;

    private readonly List<SimulatedPlatform> _machines = [];

    /// <summary>The offsets that are there.</summary>
    private List<long> _kept = [];

    /// <summary>The end of the log when the gaps were made.</summary>
    private long _end;

    private string _directory = "";

    private SimulatedPlatform Machine => _machines[^1];

    private FileSystem Files => Machine.Platform.Files;

    public static TheoryData<bool, bool> Endings => new()
    {
        { false, false },
        { true, false },
        { false, true },
        { true, true },
    };

    public void Dispose() => _machines.ForEach(machine => machine.Dispose());

    [Theory]
    [MemberData(nameof(Endings))]
    public void Open_AfterAnyEnd_KeepsRecordsGapsAndEnd(bool killed, bool positional)
    {
        Make(killed, positional);
        CommitLog log = Open();
        PartitionLog partition = log.GetTopic("topic")[0].Log;

        Assert.Equal((killed, _end), (!log.Recovery.Clean, partition.PublishedEnd));
        AssertReads(partition);
        AppendMore(partition);
        AssertReads(partition);

        // What a recovery has copied is recovered again, and once more after a loss of power.
        Crash(CrashKind.ProcessKill);
        log = Open();
        partition = log.GetTopic("topic")[0].Log;
        AssertReads(partition);
        AppendMore(partition);
        Machine.Run(log.FlushAsync());
        Crash(CrashKind.PowerLoss);
        log = Open();
        AssertReads(log.GetTopic("topic")[0].Log);
        Close(log);
        log = Open();
        Assert.True(log.Recovery.Clean);
        AssertReads(log.GetTopic("topic")[0].Log);
        Assert.True(Machine.Run(log.VerifyAsync()).IsIntact);
        Close(log);
    }

    [Theory]
    [MemberData(nameof(Endings))]
    public void Indexes_MadeAgain_LeadToTheNextRecord(bool killed, bool positional)
    {
        Make(killed, positional);
        CommitLog log = Open();
        Close(log);
        foreach (string name in Files.ListFiles(_directory))
        {
            if (name.EndsWith(".index", StringComparison.Ordinal))
            {
                Files.DeleteFile(Path.Combine(_directory, name));
            }
        }

        log = Open();
        AssertReads(log.GetTopic("topic")[0].Log);
        Assert.True(log.GetTopic("topic")[0].TryReadLast(out RecordLease? last));
        Assert.Equal(_kept[^1], last.Offset);
        last.Dispose();
        Close(log);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FindOffset_ByTime_PassesOverGaps(bool killed)
    {
        Make(killed);
        CommitLog log = Open();
        OwnedPartition partition = log.GetTopic("topic")[0];
        for (long offset = 0; offset < _end; offset += 7)
        {
            Assert.Equal(Next(offset), partition.FindOffset(TimeOf(offset)));
        }

        Close(log);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Consumer_WithGaps_ReadsCommitsAndGoesOn(bool killed)
    {
        Make(killed);
        CommitLog log = Open();
        Consumer<string, byte[]> consumer = log.CreateConsumer<string, byte[]>("topic", "group");
        int half = _kept.Count / 2;
        List<Record<string, byte[]>> read = Machine.Run(() => consumer.TakeFinishedAsync(half));
        Assert.Equal(_kept[..half], read.Select(record => record.Offset));
        Machine.Run(consumer.CommitFinishedAsync());
        Machine.Run(consumer.DisposeAsync());
        Crash(CrashKind.ProcessKill);

        log = Open();
        consumer = log.CreateConsumer<string, byte[]>("topic", "group");
        Assert.Equal(_kept[half..], Machine.Run(consumer.TakeToEndAsync).Select(record => record.Offset));
        Assert.Equal(_end, consumer.Position(new TopicPartition("topic", 0)));
        Machine.Run(consumer.DisposeAsync());
        Close(log);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Follower_WithGaps_SeesWhatTheOwnerSees(bool killed)
    {
        Make(killed);
        using (ReadOnlyLog follower = ReadOnlyLog.Open(OpenLog.Directory, new ReadOnlyLogOptions(), Machine.Platform))
        {
            Assert.Equal(_kept, Read(follower.GetTopic("topic")[0]));
            CommitLog log = Open();
            Assert.Equal(_kept, Read(follower.GetTopic("topic")[0]));
            AppendMore(log.GetTopic("topic")[0].Log);
            Assert.Equal(_kept, Read(follower.GetTopic("topic")[0]));
            Machine.Run(log.DisposeAsync());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void BackupAsync_WithGaps_IsTheSameLog(bool killed)
    {
        Make(killed);
        CommitLog log = Open();
        Assert.Equal(_kept.Count, Machine.Run(log.VerifyAsync()).Records);
        Machine.Run(log.BackupAsync("/backup"));
        Close(log);

        CommitLog copy = Machine.Run(OpenLog.OnAsync(Machine.Platform, directory: "/backup"));
        AssertReads(copy.GetTopic("topic")[0].Log);
        Assert.True(Machine.Run(copy.VerifyAsync()).IsIntact);
        Close(copy);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SalvageAsync_BetweenGaps_FindsGoneWhatIsDamagedAndNoMore(bool killed)
    {
        Make(killed);
        long damaged = DamageARecord();
        SalvageReport report = Machine.Run(() => SalvageOpening.RunAsync(
            OpenLog.Directory, new TopicPartition("topic", 0), new SalvageOptions(), Machine.Platform,
            CancellationToken.None).AsTask());

        Assert.Equal([new OffsetRange(damaged, damaged + 1)], report.Gone);
        Assert.Equal(_kept.Count - 1, report.KeptRecords);
        _kept.Remove(damaged);
        CommitLog log = Open();
        AssertReads(log.GetTopic("topic")[0].Log);
        Close(log);
    }

    [Fact]
    public void Retention_OfASegmentThatIsAllGap_RemovesIt()
    {
        Make(killed: false);
        string first = Segments()[0];
        long end = GapForge.ReadHeader(Files, Segments()[1]).BaseOffset;
        GapForge.Replace(Files, first, _ => true);
        _kept.RemoveAll(offset => offset < end);
        CommitLog log = Open();
        Topic topic = Machine.Run(log.EnsureTopicAsync("topic", new TopicOptions
        {
            SegmentBytes = SegmentBytes,
            Retention = new RetentionPolicy { MaxAge = TimeSpan.FromDays(10_000) },
        }));

        Machine.Run(log.ApplyRetentionAsync());

        Assert.Equal(end, topic[0].StartOffset);
        Assert.Equal(_kept, Read(topic[0]));
        Close(log);
    }

    /// <summary>More offsets are gone than a segment can have, so that two segments do not go into one copy.</summary>
    [Fact]
    public void Open_KilledBehindAGapOfFourBillion_KeepsEachOffset()
    {
        SimulatedPlatform machine = new(seed: 1);
        _machines.Add(machine);
        const long Count = uint.MaxValue - 2;
        CommitLog log = Open();
        Topic topic = Machine.Run(log.EnsureTopicAsync("topic", new TopicOptions { SegmentBytes = SegmentBytes }));
        PartitionLog partition = topic[0].Log;
        _directory = partition.Directory;
        partition.Append(Numbered(0), out _);
        partition.Writer.Roll(partition.Settings, 0);
        for (int i = 1; i <= 10; i++)
        {
            partition.Append(Numbered(i), out _);
        }

        Crash(CrashKind.ProcessKill);
        string[] segments = Segments();
        GapForge.ReplaceFirst(Files, segments[0], Count);
        GapForge.MoveSegment(Files, segments[1], Count, partition.TopicUid);

        log = Open();
        partition = log.GetTopic("topic")[0].Log;
        Assert.Equal(Enumerable.Range(0, 10).Select(i => Count + i), Read(log.GetTopic("topic")[0]));
        Assert.Equal(Count + 10, partition.Append(Numbered(0), out _));
        Assert.True(Machine.Run(log.VerifyAsync()).IsIntact);
        Close(log);
    }

    private static DateTimeOffset TimeOf(long offset) => DateTimeOffset.UnixEpoch.AddYears(40).AddSeconds(offset);

    private long Next(long offset) => _kept.Find(each => each >= offset) is var next && next >= offset ? next : _end;

    private void Make(bool killed, bool positional = false)
    {
        _machines.Add(new SimulatedPlatform(1, positional ? SimulationOptions.Positional : null));
        CommitLog log = Open();
        Topic topic = Machine.Run(log.EnsureTopicAsync(
            "topic", new TopicOptions { SegmentBytes = SegmentBytes, Retention = RetentionPolicy.KeepForever }));
        PartitionLog partition = topic[0].Log;
        _directory = partition.Directory;
        Random random = new(1);
        while (partition.PublishedEnd < Records)
        {
            long next = partition.PublishedEnd;
            RecordBatch batch = new();
            for (int i = random.Next(3) == 0 ? random.Next(2, 6) : 1; i > 0; i--)
            {
                batch.Add(Timed(next++, random.Next(60, 200)));
            }

            _ = batch.Count == 1 ? partition.Append(Timed(next - 1, 100), out _) : partition.Append(batch, out _);
            if (next is > 150 and < 160)
            {
                Machine.Run(log.FlushAsync());
            }
        }

        RecordBatch last = new();
        last.Add(Timed(partition.PublishedEnd, 100));
        last.Add(Timed(partition.PublishedEnd + 1, 100));
        partition.Append(last, out _);
        _end = partition.PublishedEnd;
        if (killed)
        {
            Crash(CrashKind.ProcessKill);
        }
        else
        {
            Close(log);
        }

        List<long> gone = [];
        string[] segments = Segments();
        Assert.InRange(segments.Length, 3, 100);
        foreach (string segment in segments)
        {
            long firstOffset = GapForge.ReadHeader(Files, segment).BaseOffset;
            gone.AddRange(GapForge.TrimBatches(Files, segment, endIsKnown: !killed));
            gone.AddRange(GapForge.Replace(
                Files,
                segment,
                extent => extent.NextOffset == _end
                    ? positional
                    : extent.FirstOffset % 5 == 3 || extent.FirstOffset == firstOffset));
        }

        _kept = [.. Enumerable.Range(0, (int)_end).Select(i => (long)i).Except(gone)];
    }

    private static RawRecord Timed(long number, int bytes) =>
        new(KeyOf(number), new byte[bytes]) { Timestamp = TimeOf(number).ToUnixTimeMilliseconds() };

    private void AppendMore(PartitionLog partition)
    {
        for (int i = 0; i < 5; i++)
        {
            _kept.Add(partition.Append(Timed(partition.PublishedEnd, 100), out _));
        }

        _end = partition.PublishedEnd;
    }

    private void AssertReads(PartitionLog partition)
    {
        for (long from = 0; from <= _end; from += from < 20 ? 1 : 13)
        {
            using PartitionScan scan = partition.Scan(from);
            foreach (long offset in _kept.Where(offset => offset >= from).Take(40))
            {
                Assert.True(scan.TryRead(out RecordView record), $"From {from}, {offset} is not there.");
                Assert.Equal(offset, record.Offset);
                Assert.True(record.Key.SequenceEqual(KeyOf(offset)));
            }
        }

        using PartitionScan all = partition.Scan(0);
        List<long> read = [];
        while (all.TryRead(out RecordView record))
        {
            read.Add(record.Offset);
        }

        Assert.Equal(_kept, read);
        Assert.Equal(_end, all.Offset);
    }

    private static List<long> Read(LogPartition partition)
    {
        List<long> offsets = [];
        using PartitionScan scan = partition.Scan(partition.StartOffset);
        while (scan.TryRead(out RecordView record))
        {
            offsets.Add(record.Offset);
        }

        return offsets;
    }

    private string[] Segments() =>
    [
        .. Files.ListFiles(_directory).Where(name => name.EndsWith(".segment", StringComparison.Ordinal))
            .Select(name => Path.Combine(_directory, name))
            .Where(path => GapForge.IsUsed(Files, path))
            .OrderBy(path => GapForge.ReadHeader(Files, path).BaseOffset),
    ];

    /// <summary>Changes a bit of a record behind the middle of the log; returns its offset.</summary>
    private long DamageARecord()
    {
        string path = Segments().Last(segment => GapForge.ReadHeader(Files, segment).BaseOffset < _end / 2);
        using LogFile file = Files.OpenFile(path, FileOpening.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.Read(bytes, 0);
        int at = SegmentHeader.PageBytes;
        int seen = 0;
        while ((bytes[at + 8] & 7) != 1 || seen++ < 3)
        {
            at += (BitConverter.ToInt32(bytes, at) + 7) & -8;
        }

        file.Write([(byte)(bytes[at + 16] ^ 1)], at + 16);
        file.Flush(0, file.Length);
        return GapForge.ReadHeader(Files, path).BaseOffset + BitConverter.ToUInt32(bytes, at + 12);
    }

    private CommitLog Open() => Machine.Run(OpenLog.OnAsync(Machine));

    private void Close(CommitLog log)
    {
        Machine.Run(log.DisposeAsync());
        Machine.Scheduler.RunUntilIdle();
        Assert.Empty(Machine.Disk.Violations);
    }

    private void Crash(CrashKind kind) => _machines.Add(Machine.Crash(kind));
}
