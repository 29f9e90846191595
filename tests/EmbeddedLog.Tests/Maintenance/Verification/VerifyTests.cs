using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;
using FsCheck;
using FsCheck.Fluent;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Maintenance.Verification;

/// <summary>What a verification finds, and what it leaves alone.</summary>
public sealed class VerifyTests
{
    private const int Records = 400;

    private static readonly TopicOptions s_options =
        new() { SegmentBytes = SegmentBytes, Retention = RetentionPolicy.KeepForever };

    private int _told;
    private int _unharmed;

    [Fact]
    public void Verify_IntactLog_ChecksAllAndFindsNothing()
    {
        using SimulatedPlatform machine = new(seed: 1);
        (CommitLog log, PartitionLog partition) = Open(machine);

        VerifyReport report = Verify(machine, log);

        Assert.Empty(report.Findings);
        Assert.True(report.IsIntact);
        Assert.Equal((2, partition.Segments.Count), (report.Partitions, report.Segments));
        Assert.Equal(Records, report.Records);
        Assert.Equal(Records, report.Frames);
        Assert.True(report.Segments > 2, $"{report.Segments} segments");
        Close(machine, log);
    }

    [Fact]
    public void Verify_BadFrame_NamesTheOffsetsThatAreGone()
    {
        using SimulatedPlatform machine = new(seed: 1);
        (CommitLog log, PartitionLog partition) = Open(machine);
        Segment segment = partition.Segments.Items[1];
        Flip(machine.Platform.Files, segment.Path, 8192, 1);

        VerifyFinding finding = Assert.Single(Verify(machine, log).Findings);

        Assert.Equal((segment.Path, partition.Id), (finding.File, finding.Partition));
        Assert.InRange(finding.Position, 8192 - 200, 8192);
        Assert.Equal(1, finding.EndOffset - finding.FirstOffset);
        Assert.InRange(finding.FirstOffset!.Value, segment.BaseOffset, segment.EndOffset - 1);
        Assert.False(finding.IsHarmless);
        Close(machine, log);
    }

    [Fact]
    public void Verify_MissingSegment_IsAFinding()
    {
        using SimulatedPlatform machine = new(seed: 1);
        (CommitLog log, PartitionLog partition) = Open(machine);
        string path = partition.Segments.Items[1].Path;
        machine.Platform.Files.DeleteFile(path);

        VerifyFinding finding = Assert.Single(Verify(machine, log).Findings);

        Assert.Equal((path, "nothing"), (finding.File, finding.Actual));
        Close(machine, log);
    }

    [Fact]
    public void Verify_SegmentsDeletedMeanwhile_AreNoDamage()
    {
        using SimulatedPlatform machine = new(seed: 1);
        (CommitLog log, PartitionLog partition) = Open(machine);
        machine.Run(partition.FlushAsync(partition.PublishedEnd, CancellationToken.None));
        Trimmer trimmer = new(() => partition.DeleteBefore(Records - 5));

        VerifyReport report = Verify(machine, log, progress: trimmer);

        Assert.Empty(report.Findings);
        Assert.True(report.Segments < 4, $"{report.Segments} segments were checked");
        Close(machine, log);
    }

    [Fact]
    public void Verify_BoundedRate_TakesItsTime()
    {
        using SimulatedPlatform machine = new(seed: 1);
        (CommitLog log, PartitionLog partition) = Open(machine);
        VerifyOptions options = new() { MaxBytesPerSecond = 64 << 10 };

        VerifyReport report =
            machine.Run(() => log.VerifyAsync(options).AsTask(), TimeSpan.FromMinutes(1));

        Assert.Empty(report.Findings);
        TimeSpan least = TimeSpan.FromSeconds((double)(report.Bytes - SegmentBytes) / (64 << 10));
        Assert.True(report.Duration >= least, $"{report.Duration} for {report.Bytes} bytes");
        Close(machine, log);
    }

    [Fact]
    public void Verify_HeldUpForLong_DoesNotMakeUpForTheTime()
    {
        using SimulatedPlatform machine = new(seed: 1);
        (CommitLog log, _) = Open(machine);
        VerifyOptions options = new() { MaxBytesPerSecond = 64 << 10 };
        TimeSpan pause = TimeSpan.FromMinutes(10);
        Trimmer held = new(() => machine.Time.Advance(pause));

        VerifyReport report =
            machine.Run(() => log.VerifyAsync(options, held).AsTask(), TimeSpan.FromMinutes(1));

        TimeSpan least = TimeSpan.FromSeconds((double)(report.Bytes - (2 * SegmentBytes)) / (64 << 10));
        Assert.True(report.Duration >= pause + least, $"{report.Duration} for {report.Bytes} bytes");
        Close(machine, log);
    }

    [Fact]
    public void Verify_AReadFails_LeavesNoFileOpen()
    {
        foreach (FaultKind kind in new[] { FaultKind.OpenFile, FaultKind.Read })
        {
            bool fired = true;
            for (int call = 1; fired; call++)
            {
                using SimulatedPlatform machine = new(seed: 1);
                FaultingFileSystem faults = new(machine.Platform.Files);
                CommitLog log = machine.Run(
                    OpenLog.OnAsync(machine.Platform with { Files = faults }).AsTask);
                Topic topic = machine.Run(() => log.CreateTopicAsync("topic", s_options).AsTask());
                AppendNumbered(topic[0].Log, Records);
                machine.Scheduler.RunUntilIdle();
                faults.Reset();
                faults.Fail(kind, call, FileSystemError.TooManyFiles);

                Exception? told = Record.Exception(() => Verify(machine, log));

                Assert.True(told is null or LogIOException, $"{told}");
                fired = faults.Fired > 0;
                faults.Clear();
                Close(machine, log);
            }
        }
    }

    [Fact]
    public void Verify_PastACacheThatCannotBePassed_SaysSo()
    {
        using SimulatedPlatform machine = new(seed: 1);
        (CommitLog log, _) = Open(machine);
        VerifyOptions options = new() { BypassPageCache = true };

        NotSupportedException told = Assert.Throws<NotSupportedException>(
            () => { machine.Run(() => log.VerifyAsync(options).AsTask()); });

        Assert.Contains("BypassPageCache", told.Message, StringComparison.Ordinal);
        Close(machine, log);
    }

    [Fact]
    public void Verify_AnyBitFlipped_IsFoundWhereItCounts()
    {
        Prop.ForAll(Gen.Choose(1, int.MaxValue - 1).ToArbitrary(), PlayFlip)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));
        Assert.True(_told > 0 && _unharmed > 0, $"told {_told}, unharmed {_unharmed}");
    }

    [Fact]
    public async Task Verify_RealDiskWhileAppending_FindsNothing()
    {
        using TempDirectory directory = new();
        await using CommitLog log = await CommitLog.OpenAsync(directory.Path);
        Topic topic = await log.CreateTopicAsync("topic", s_options);
        AppendNumbered(topic[0].Log, Records);
        Trimmer appender = new(() => AppendNumbered(topic[0].Log, topic[0].EndOffset + 100));

        VerifyReport report = await log.VerifyAsync(null, appender);

        Assert.Empty(report.Findings);
        Assert.True(report.Records >= Records);
    }

    /// <summary>Devices with blocks of 512 bytes, and with the larger ones of newer disks and kernels.</summary>
    [Theory]
    [InlineData(512)]
    [InlineData(16 << 10)]
    public async Task Verify_PastTheCache_FindsWhatTheDeviceHas(int deviceBlockBytes)
    {
        Require.UnemulatedDevice();
        using LoopMount mount = deviceBlockBytes == 512
            ? LoopMount.Create("ext4", 32)
            : LoopMount.CreateOnLargeBlocks(deviceBlockBytes);
        await using CommitLog log = await CommitLog.OpenAsync(mount["log"]);
        Topic topic = await log.CreateTopicAsync("topic", s_options);
        AppendNumbered(topic[0].Log, Records);
        await topic[0].FlushAsync();
        VerifyOptions options = new() { BypassPageCache = true };

        VerifyReport report = await log.VerifyAsync(options);
        Assert.Empty(report.Findings);
        Assert.Equal(Records, report.Records);

        Flip(log.Parts.Platform.Files, topic[0].Log.Segments.Items[0].Path, 8192, 1);
        VerifyFinding finding = Assert.Single((await log.VerifyAsync(options)).Findings);
        Assert.Equal(1, finding.EndOffset - finding.FirstOffset);
    }

    [Fact]
    public async Task Verify_PastTheCacheOfTmpfs_SaysThatThereIsNoDevice()
    {
        using LoopMount mount = LoopMount.CreateWithoutDevice("tmpfs", "size=8m");
        await using CommitLog log = await CommitLog.OpenAsync(mount["log"]);

        NotSupportedException told = await Assert.ThrowsAsync<NotSupportedException>(
            async () => await log.VerifyAsync(new VerifyOptions { BypassPageCache = true }));

        Assert.Contains("tmpfs", told.Message, StringComparison.Ordinal);
    }

    private static (CommitLog Log, PartitionLog Partition) Open(SimulatedPlatform machine)
    {
        CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        Topic topic = machine.Run(() => log.CreateTopicAsync("topic", s_options).AsTask());
        AppendNumbered(topic[0].Log, Records);
        machine.Scheduler.RunUntilIdle();
        return (log, topic[0].Log);
    }

    private static VerifyReport Verify(
        SimulatedPlatform machine, CommitLog log, IProgress<VerifyProgress>? progress = null) =>
        machine.Run(() => log.VerifyAsync(null, progress).AsTask());

    private static void Close(SimulatedPlatform machine, CommitLog log)
    {
        machine.Run(log.DisposeAsync());
        machine.Scheduler.RunUntilIdle();
        Assert.Empty(machine.Disk.OpenFiles);
        Assert.Empty(machine.Disk.LiveMaps);
    }

    [Fact]
    public void VerifyAsync_AfterAPowerLoss_FindsNothingAndMakesIndexesAgain()
    {
        using SimulatedPlatform machine = new(3);
        (CommitLog log, PartitionLog partition) = Open(machine);
        Assert.True(partition.Segments.Count > 2);
        machine.Run(log.FlushAsync());
        machine.Run(log.DisposeAsync());
        using SimulatedPlatform after = machine.Crash(CrashKind.PowerLoss);
        FileSystem files = after.Platform.Files;
        string path = partition.Segments.Items[0].IndexPath;
        files.DeleteFile(path);
        using (LogFile torn = files.OpenFile(path, FileOpening.CreateNew))
        {
            torn.SetLength(200);
        }

        log = after.Run(OpenLog.OnAsync(after).AsTask);

        VerifyReport first = Verify(after, log);
        VerifyReport second = Verify(after, log);

        Assert.True(first.IsIntact, string.Join(", ", first.Findings));
        Assert.True(first.RebuiltIndexes > 0);
        Assert.Equal(0, second.RebuiltIndexes);
        after.Run(log.DisposeAsync());
    }

    [Fact]
    public void Scan_IndexDamaged_WritesItAnew()
    {
        using SimulatedPlatform machine = new(3);
        (CommitLog log, PartitionLog partition) = Open(machine);
        machine.Run(log.DisposeAsync());
        string path = partition.Segments.Items[0].IndexPath;
        Flip(machine.Platform.Files, path, 40, 1);
        log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        OwnedPartition opened = log.GetTopic("topic")[0];
        using (PartitionScan scan = opened.Scan(opened.StartOffset + 5))
        {
            Assert.True(scan.TryRead(out _));
        }

        Assert.Equal(0, Verify(machine, log).RebuiltIndexes);
        machine.Run(log.DisposeAsync());
    }

    private static void Flip(FileSystem files, string path, long position, byte bits)
    {
        using LogFile file = files.OpenFile(path, FileOpening.ReadWrite);
        byte[] one = new byte[1];
        file.Read(one, position);
        one[0] ^= bits;
        file.Write(one, position);
        file.Flush(0, file.Length);
    }

    private bool PlayFlip(int seed)
    {
        Random random = new(seed);
        using SimulatedPlatform machine = new(seed);
        (CommitLog log, PartitionLog partition) = Open(machine);
        FileSystem files = machine.Platform.Files;
        string directory = partition.Directory;
        Segment[] segments = [.. partition.Segments.Items];
        Segment segment = segments[random.Next(segments.Length)];
        string[] paths =
        [
            segment.Path, segment.Path, segment.IndexPath, Path.Combine(directory, "manifest"),
            Path.Combine(OpenLog.FullDirectory, "session"),
        ];
        string path = paths[random.Next(paths.Length)];
        if (files.FileExists(path))
        {
            long used = UsedBytes(files, path, segment, partition);
            Flip(files, path, random.NextInt64(used), (byte)(1 << random.Next(8)));
            VerifyFinding[] found = [.. Verify(machine, log).Findings];
            Assert.All(found, finding => Assert.Equal(path, finding.File));
            _told += found.Length > 0 ? 1 : 0;
            _unharmed += found.Length == 0 ? 1 : 0;

            // An index is made again, whatever was changed in it.
            if (path == segment.IndexPath)
            {
                Assert.Empty(found);
                Assert.Equal(0, Verify(machine, log).RebuiltIndexes);
            }

            // Of a segment, every bit up to its end counts.
            Assert.True(found.Length > 0 || path != segment.Path, $"a changed bit of {path} was not found");
        }
        else
        {
            _unharmed++;
        }

        machine.Run(log.DisposeAsync());
        return true;
    }

    private static long UsedBytes(FileSystem files, string path, Segment segment, PartitionLog partition)
    {
        if (path == segment.Path)
        {
            return segment.EndOffset == long.MaxValue ? partition.Writer.TailPosition : segment.EndPosition;
        }

        using LogFile file = files.OpenFile(path, FileOpening.Read);
        return file.Length;
    }

    /// <summary>Does something once, after the first slice.</summary>
    private sealed class Trimmer(Action action) : IProgress<VerifyProgress>
    {
        private Action? _action = action;

        public void Report(VerifyProgress value) => Interlocked.Exchange(ref _action, null)?.Invoke();
    }
}
