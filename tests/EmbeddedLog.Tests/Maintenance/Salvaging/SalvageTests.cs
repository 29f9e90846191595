using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation.Disks;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Maintenance.Salvaging;

/// <summary>What a salvage refuses, keeps as evidence, and leaves alone.</summary>
public sealed class SalvageTests
{
    private static readonly TopicPartition s_offsets = new("__offsets", 0);

    [Fact]
    public void Salvage_IntactPartition_ChangesNothing()
    {
        using SalvageFixture fixture = SalvageFixture.Make(new Random(1), 300);
        Dictionary<string, byte[]> before = Contents(fixture);

        SalvageReport report = fixture.Salvage();

        Assert.False(report.HasChanged);
        Assert.True(report.EndIsCertain);
        Assert.Equal(
            (fixture.Start, fixture.End, fixture.End - fixture.Start),
            (report.StartOffset, report.EndOffset, report.KeptRecords));
        Assert.Equal(fixture.Frames.Sum(frame => (long)frame.Bytes.Length), report.KeptBytes);
        AssertSame(before, Contents(fixture));
    }

    [Fact]
    public void Salvage_DamagedSegment_KeepsItAsEvidenceThatAnOpeningIgnores()
    {
        using SalvageFixture fixture = SalvageFixture.Make(new Random(1), 300);
        string path = fixture.Segments[1];
        OffsetRange gone = fixture.Damage(fixture.Frames.First(frame => frame.Path == path).First);
        byte[] damaged = fixture.ReadFile(path);

        SalvageReport report = fixture.Salvage();

        Assert.Equal(gone, Assert.Single(report.Gone));
        Assert.Equal((1, false), (report.ReplacedSegments, report.HasNewCheckpoint));
        Assert.Equal(Path.Combine(fixture.Directory, "damaged-1"), report.EvidenceDirectory);
        string evidence = Path.Combine(report.EvidenceDirectory!, Path.GetFileName(path));
        Assert.Equal(damaged, fixture.ReadFile(evidence));
        Assert.False(fixture.Files.FileExists(path));
        CommitLog log = fixture.Open();
        Assert.Equal(damaged, fixture.ReadFile(evidence));
        fixture.Machine.Run(log.DeleteTopicAsync("topic"));
        Assert.False(fixture.Files.DirectoryExists(report.EvidenceDirectory!));
        fixture.Close(log);
    }

    [Fact]
    public void Open_DamagedCheckpoint_NamesSalvageWhichHelps()
    {
        using SalvageFixture fixture = SalvageFixture.Make(new Random(1), 300);
        string checkpoint = Path.Combine(fixture.Directory, "checkpoint");
        using (LogFile file = fixture.Files.OpenFile(checkpoint, FileOpening.ReadWrite))
        {
            file.Write(new byte[TwoSlotPage.FileBytes], 0);
        }

        CorruptLogException refused = fixture.OpenDamaged();
        Assert.Contains("SalvageAsync", refused.Message, StringComparison.Ordinal);
        SalvageReport report = fixture.Salvage();

        Assert.Empty(report.Gone);
        Assert.Equal((0, true, true), (report.ReplacedSegments, report.HasNewCheckpoint, report.EndIsCertain));
        CommitLog log = fixture.Open();
        Assert.Equal(fixture.FindKept(), SalvageFixture.ReadAll(log));
        fixture.Close(log);
    }

    [Fact]
    public void Open_MissingSegment_NamesSalvageWhichHelps()
    {
        using SalvageFixture fixture = SalvageFixture.Make(new Random(1), 300);
        fixture.Files.DeleteFile(fixture.Segments[1]);

        CorruptLogException refused = fixture.OpenDamaged();

        Assert.Contains("SalvageAsync", refused.Message, StringComparison.Ordinal);
        Assert.Single(fixture.Salvage().Gone);
        fixture.Close(fixture.Open());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Salvage_DamagedManifest_RefusesAndChangesNothing(bool missing)
    {
        using SalvageFixture fixture = SalvageFixture.Make(new Random(1), 300);
        string manifest = Path.Combine(fixture.Directory, "manifest");
        if (missing)
        {
            fixture.Files.DeleteFile(manifest);
        }
        else
        {
            using LogFile file = fixture.Files.OpenFile(manifest, FileOpening.ReadWrite);
            file.Write([0xFF], 100);
        }

        Dictionary<string, byte[]> before = Contents(fixture);

        CorruptLogException refused = Assert.Throws<CorruptLogException>(() => fixture.Salvage());

        Assert.Equal(manifest, refused.File);
        Assert.DoesNotContain("SalvageAsync", refused.Message, StringComparison.Ordinal);
        AssertSame(before, Contents(fixture));
        fixture.AssertNothingOpen();
    }

    [Fact]
    public void Salvage_CommittedOffsets_GoesBackToAnEarlierCommit()
    {
        using SalvageFixture fixture = SalvageFixture.Make(new Random(1), 300);
        CommitLog log = fixture.Open();
        Consumer<string, byte[]> consumer = log.CreateConsumer<string, byte[]>("topic", "group");
        foreach (long offset in new[] { 10, 20, 30 })
        {
            fixture.Machine.Run(consumer.CommitAsync(
                new NextOffset(new("topic", 0), offset), null, CancellationToken.None));
        }

        fixture.Machine.Run(consumer.DisposeAsync());
        string path = Path.Combine(OpenLog.FullDirectory, "groups", "00000001.segment");
        fixture.Close(log);
        long last = LastFrame(fixture.ReadFile(path));
        using (LogFile file = fixture.Files.OpenFile(path, FileOpening.ReadWrite))
        {
            file.Write([0xFF], last + 40);
        }

        Assert.Throws<CorruptLogException>(fixture.Open);
        SalvageReport report = fixture.Salvage(partition: s_offsets);

        Assert.Equal(1, Assert.Single(report.Gone).Count);
        log = fixture.Open();
        consumer = log.CreateConsumer<string, byte[]>("topic", "group");
        Assert.Equal(20, consumer.Committed(SalvageFixture.Partition));
        fixture.Machine.Run(consumer.DisposeAsync());
        fixture.Close(log);
    }

    [Fact]
    public void Salvage_NoSpace_SaysSoAndChangesNothing()
    {
        using SalvageFixture fixture = SalvageFixture.Make(new Random(1), 300);
        fixture.Damage(100);
        SimulatedDisk disk = fixture.Machine.Disk;
        for (int pages = 0; pages < 40; pages++)
        {
            disk.CapacityBytes = disk.UsedBytes + (pages * SimulatedDisk.PageBytes);
            Exception? told = Record.Exception(() => fixture.Salvage());
            disk.CapacityBytes = long.MaxValue;
            if (told is null)
            {
                Assert.NotEqual(0, pages);
                break;
            }

            Assert.IsType<DiskFullException>(told);
            fixture.AssertNothingOpen();
        }

        Assert.Single(fixture.Salvage().EarlierGaps.Concat(fixture.Salvage().Gone));
    }

    [Fact]
    public async Task Salvage_OpenLogOrNone_IsRefused()
    {
        using TempDirectory directory = new();
        string path = Path.Combine(directory.Path, "log");
        TopicPartition partition = new("topic", 0);
        await Assert.ThrowsAsync<LogDirectoryException>(
            async () => await CommitLog.SalvageAsync(path, partition));
        Assert.False(Directory.Exists(path));

        await using (CommitLog log = await CommitLog.OpenAsync(path))
        {
            await log.CreateTopicAsync("topic");
            await Assert.ThrowsAsync<LogOwnedException>(
                async () => await CommitLog.SalvageAsync(path, partition));
        }

        await Assert.ThrowsAsync<UnknownTopicException>(
            async () => await CommitLog.SalvageAsync(path, new TopicPartition("another", 0)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await CommitLog.SalvageAsync(path, new TopicPartition("topic", 1)));
        SalvageReport report = await CommitLog.SalvageAsync(path, partition);
        Assert.Equal((false, 0L, 0L), (report.HasChanged, report.EndOffset, report.KeptRecords));
    }

    [Fact]
    public async Task Salvage_RealDisk_MakesALogReadableAgain()
    {
        using TempDirectory directory = new();
        string path;
        await using (CommitLog log = await CommitLog.OpenAsync(directory.Path))
        {
            Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { SegmentBytes = SegmentBytes });
            AppendNumbered(topic[0].Log, 400);
            path = topic[0].Log.Segments.Items[1].Path;
        }

        await using (FileStream file = File.OpenWrite(path))
        {
            file.Position = 8192;
            await file.WriteAsync(new byte[1000]);
        }

        using LogLines lines = new();
        SalvageReport report = await CommitLog.SalvageAsync(
            directory.Path, SalvageFixture.Partition, new SalvageOptions { LoggerFactory = lines });

        OffsetRange gone = Assert.Single(report.Gone);
        Assert.Equal(400 - gone.Count, report.KeptRecords);
        Assert.StartsWith("Warning: Salvaged partition topic-0", Assert.Single(lines.All), StringComparison.Ordinal);
        await using CommitLog salvaged = await CommitLog.OpenAsync(directory.Path);
        Assert.Equal(report.KeptRecords, SalvageFixture.ReadAll(salvaged).Count);
        Assert.True((await salvaged.VerifyAsync()).IsIntact);
    }

    /// <summary>
    /// Each read fails in turn, and the second one after it: of a segment the whole piece and then one page, which is
    /// gone; anywhere else the salvage fails and has changed nothing.
    /// </summary>
    [Fact]
    public void Salvage_DeviceCannotRead_LosesThatPageAloneOrChangesNothing()
    {
        int lost = 0;
        int refused = 0;
        bool ended = false;
        for (int call = 1; !ended; call++)
        {
            using SalvageFixture fixture = SalvageFixture.Make(new Random(1), 120);
            FaultingFileSystem faults = new(fixture.Files);
            faults.Fail(FaultKind.Read, call, FileSystemError.DeviceFailure);
            faults.Fail(FaultKind.Read, call + 2, FileSystemError.DeviceFailure);
            SalvageReport? report = null;
            try
            {
                report = fixture.Salvage(fixture.Machine.Platform with { Files = faults });
                lost += report.Gone.Count > 0 ? 1 : 0;
                Assert.Equal(
                    fixture.End - fixture.Start,
                    report.KeptRecords + report.Gone.Sum(range => range.Count));
            }
            catch (EmbeddedLogException)
            {
                refused++;
            }

            ended = faults.CountOf(FaultKind.Read) < call;
            CommitLog log = fixture.Open();
            IReadOnlyList<OffsetRange> gone = report?.Gone ?? [];
            IEnumerable<long> kept = Enumerable.Range((int)fixture.Start, (int)(fixture.End - fixture.Start))
                .Select(offset => (long)offset)
                .Where(offset => !gone.Any(range => range.First <= offset && offset < range.End));
            Assert.Equal(kept, SalvageFixture.ReadAll(log));
            fixture.Close(log);
        }

        Assert.True(lost > 0 && refused > 0, $"lost {lost}, refused {refused}");
    }

    private static Dictionary<string, byte[]> Contents(SalvageFixture fixture) =>
        fixture.Files.ListFiles(fixture.Directory)
            .Concat(fixture.Files.ListDirectories(fixture.Directory))
            .ToDictionary(name => name, name => fixture.ReadFile(Path.Combine(fixture.Directory, name)));

    private static void AssertSame(Dictionary<string, byte[]> expected, Dictionary<string, byte[]> actual)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        Assert.All(expected, file => Assert.Equal(file.Value, actual[file.Key]));
    }

    /// <summary>Where the last frame of a segment stands.</summary>
    private static long LastFrame(byte[] segment)
    {
        int at = 4096;
        int last = at;
        while (BitConverter.ToInt32(segment, at) is var length and > 0)
        {
            last = at;
            at += (length + 7) & -8;
        }

        return last;
    }
}
