using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Partitions;

/// <summary>What a partition keeps through losses of power, kills, full disks and damage to its files.</summary>
public sealed class PartitionTroubleTests
{
    private static readonly bool[] s_either = [true, false];
    private static readonly long[] s_slots = [0, TwoSlotPage.SecondAt];

    [Fact]
    public void NewDirectory_PowerLoss_KeepsItsParentsAndAllThatWasFlushed()
    {
        for (int seed = 1; seed <= 10; seed++)
        {
            using SimulatedPlatform machine = new(seed);
            CommitLog log = machine.Run(OpenLog.OnAsync(machine.Platform, directory: "/a/b/c").AsTask);
            Topic topic = machine.Run(log.CreateTopicAsync("topic").AsTask);
            AppendNumbered(topic[0].Log, 1);
            machine.Run(topic[0].FlushAsync());

            using SimulatedPlatform after = machine.Crash(CrashKind.PowerLoss);
            CommitLog recovered = after.Run(OpenLog.OnAsync(after.Platform, directory: "/a/b/c").AsTask);
            Assert.Equal(1, recovered.GetTopic("topic")[0].EndOffset);
            after.Run(recovered.DisposeAsync());
        }
    }

    [Fact]
    public void DeleteBefore_WithinASegment_SurvivesAPowerLoss()
    {
        using SimulatedPlatform machine = new(seed: 6);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        Topic topic = machine.Run(log.CreateTopicAsync("topic").AsTask);
        AppendNumbered(topic[0].Log, 20);
        machine.Run(topic[0].FlushAsync());
        Assert.Equal(0, topic[0].Log.DeleteBefore(8));
        Assert.Equal(8, topic[0].StartOffset);

        using SimulatedPlatform after = machine.Crash(CrashKind.PowerLoss);
        CommitLog recovered = after.Run(OpenLog.OnAsync(after).AsTask);
        Assert.Equal(8, recovered.GetTopic("topic")[0].StartOffset);
        after.Run(recovered.DisposeAsync());
    }

    [Fact]
    public void DeleteBefore_OnAnIdleLogThenLostFromTheManifest_IsReported()
    {
        using SimulatedPlatform machine = new(seed: 7);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        Topic topic = machine.Run(log.CreateTopicAsync("topic").AsTask);
        AppendNumbered(topic[0].Log, 20);
        machine.Run(topic[0].FlushAsync());
        Settle(machine);
        topic[0].Log.DeleteBefore(8);
        string manifestPath = Path.Combine(OpenLog.FullDirectory, "topics", "topic-1", "0", "manifest");
        Settle(machine);

        using SimulatedPlatform after = machine.Crash(CrashKind.PowerLoss);
        using (LogFile file = after.Platform.Files.OpenFile(manifestPath, FileOpening.ReadWrite))
        {
            file.Write([0xFF], file.Length - 1);
        }

        CorruptLogException told = after.Run(() => OpenLog.FindDamageAsync(() => OpenLog.OnAsync(after)));
        Assert.Equal(manifestPath, told.File);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Segment_CutAtAFramesEndAfterAKill_IsDamage(bool positional)
    {
        (CorruptLogException told, string path, _) =
            OpenAfterAKill(positional, (file, position) => file.SetLength(position + 2));
        Assert.Equal(path, told.File);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Length_ZeroBeforeGoodFramesAfterAKill_IsDamage(bool positional)
    {
        (CorruptLogException told, string path, long damaged) =
            OpenAfterAKill(positional, (file, position) => file.Write(new byte[4], position));
        Assert.Equal(path, told.File);
        Assert.Equal(damaged, told.Position);
    }

    [Fact]
    public void Epoch_LostWithAllItsRecords_IsNotUsedAgain()
    {
        SimulatedPlatform machine = new(seed: 3);
        uint last = 0;
        for (int round = 0; round < 6; round++)
        {
            CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
            Topic topic = machine.Run(log.EnsureTopicAsync("topic").AsTask);
            Assert.True(round == 0 || topic[0].Log.Epoch > last, $"epoch {topic[0].Log.Epoch} after {last}");
            last = topic[0].Log.Epoch;
            topic[0].Append(new RawRecord("lost"u8));
            SimulatedPlatform after = machine.Crash(CrashKind.PowerLoss);
            machine.Dispose();
            machine = after;
        }

        machine.Dispose();
    }

    [Fact]
    public void Session_DamagedSlot_KeepsTheTail()
    {
        using SimulatedPlatform machine = new(seed: 4);
        for (int round = 0; round < 2; round++)
        {
            CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
            Topic topic = machine.Run(log.EnsureTopicAsync("topic").AsTask);
            AppendNumbered(topic[0].Log, 5 * (round + 1));
            machine.Run(topic[0].FlushAsync());
            if (round == 0)
            {
                machine.Run(log.DisposeAsync());
            }
        }

        foreach (long slot in s_slots)
        {
            using SimulatedDisk disk = machine.Disk.Clone(new Random(1));
            SimulatedFileSystem files = new(disk);
            using (LogFile file = files.OpenFile("/log/session", FileOpening.ReadWrite))
            {
                file.Write([0xFF], slot + 30);
            }

            Platform platform = machine.Platform with { Files = files };
            CommitLog log = machine.Run(OpenLog.OnAsync(platform).AsTask);
            Assert.Equal(10, log.GetTopic("topic")[0].EndOffset);
            machine.Run(log.DisposeAsync());
        }
    }

    [Fact]
    public void Seal_OfASegmentOpenedAgain_GoesOnlyWhereThereIsABlock()
    {
        using SimulatedPlatform machine = new(seed: 5);
        PartitionSettings positional = PartitionFixture.Settings(SegmentBytes, positional: true);
        PartitionFixture fixture = new(machine.Platform, "/");
        AppendNumbered(fixture.Open(settings: positional), 30);
        machine.Run(fixture.DisposeAsync());

        // Written positionally, the file has no blocks behind its end; opened for mapped stores it ends at once.
        PartitionFixture again = new(machine.Platform, "/");
        PartitionLog log = again.Open(
            settings: positional with { Positional = false, SegmentAgeMilliseconds = 1000 });
        machine.Time.Advance(TimeSpan.FromMinutes(1));
        AppendNumbered(log, 31);
        Assert.Equal(2, log.Segments.Count);
        AssertNumbered(log, 0, 31);
        machine.Disk.ExamineStores();
        Assert.Empty(machine.Disk.Violations);
        machine.Run(again.DisposeAsync());
    }

    [Fact]
    public void Checkpoint_FullDisk_LeavesThePartitionUsable()
    {
        using SimulatedPlatform machine = new(seed: 6);
        PartitionFixture fixture = new(machine.Platform, "/");
        PartitionLog log = fixture.Open(settings: PartitionFixture.Settings(SegmentBytes));
        AppendNumbered(log, 1);
        machine.Disk.CapacityBytes = machine.Disk.UsedBytes;
        machine.Run(log.FlushAsync(1, CancellationToken.None));
        machine.Scheduler.RunUntilIdle();
        Assert.Null(log.Failure);

        machine.Disk.CapacityBytes = long.MaxValue;
        AppendNumbered(log, 500);
        machine.Run(log.FlushAsync(500, CancellationToken.None));
        AssertNumbered(log, 0, 500);
        machine.Run(fixture.DisposeAsync());
    }

    [Fact]
    public void Append_FullDisk_ChangesNothingAndGoesOnWhenThereIsSpace()
    {
        foreach (bool positional in s_either)
        {
            using SimulatedPlatform machine = new(7, positional ? SimulationOptions.Positional : null);
            PartitionFixture fixture = new(machine.Platform, "/");
            PartitionLog log = fixture.Open(settings: PartitionFixture.Settings(SegmentBytes, positional));
            AppendNumbered(log, 10);
            machine.Disk.CapacityBytes = machine.Disk.UsedBytes;
            long end = AppendUntilRefused(log);
            for (int i = 0; i < 3; i++)
            {
                Assert.Throws<DiskFullException>(() => log.Append(Numbered(end), out _));
                AssertNumbered(log, 0, end);
            }

            machine.Disk.CapacityBytes = long.MaxValue;
            AppendNumbered(log, end + 300);
            AssertNumbered(log, 0, end + 300);
            machine.Run(fixture.DisposeAsync());
            Assert.Empty(machine.Disk.Violations);
        }
    }

    private static long AppendUntilRefused(PartitionLog log)
    {
        while (Record.Exception(() => AppendNumbered(log, log.PublishedEnd + 1)) is not { } refused
            || Assert.IsType<DiskFullException>(refused) is null)
        {
            Assert.InRange(log.PublishedEnd, 0, 10_000);
        }

        return log.PublishedEnd;
    }

    [Fact]
    public void Index_OfASegmentRemovedMeanwhile_LeavesNoFile()
    {
        using SimulatedPlatform machine = new(8, new SimulationOptions { YieldProbability = 0 });
        PartitionFixture fixture = new(machine.Platform, "/");
        PartitionLog log = fixture.Open(settings: PartitionFixture.Settings(SegmentBytes));
        AppendNumbered(log, 500);
        machine.Run(log.FlushAsync(500, CancellationToken.None));

        // The flush has handed the ended segments over to be put away, which nobody has done yet.
        Assert.InRange(log.DeleteBefore(500), 2, 10);
        machine.Scheduler.RunUntilIdle();
        HashSet<string> left = [.. machine.Platform.Files.ListFiles("/topic-0").Where(
            name => name.EndsWith(".index", StringComparison.Ordinal))];
        Assert.All(left, name => Assert.Contains(
            log.Segments.Items.ToArray(), segment => Path.GetFileName(segment.IndexPath) == name));
        Assert.Equal(0, fixture.Segments.Open.Count);
        machine.Run(fixture.DisposeAsync());
    }

    [Fact]
    public async Task Frame_Across64MiBOfASegmentOpenedAgain_IsRead()
    {
        const int Count = 70;
        using PartitionEnvironment environment = Real(positional: false);
        PartitionSettings settings = environment.Settings(80 << 20);
        await using (PartitionFixture fixture = environment.Open())
        {
            AppendNumbered(fixture.Open(settings: settings), 1);
        }

        await using PartitionFixture again = environment.Open();
        PartitionLog log = again.Open(settings: settings);
        AppendNumbered(log, Count, valueBytes: 1_000_000);
        Assert.Equal(1, log.Segments.Count);
        AssertNumbered(log, 0, Count);
    }

    [Fact]
    public void Manifest_Lost_IsDamage()
    {
        foreach (bool clean in s_either)
        {
            using SimulatedPlatform machine = new(seed: 9);
            PartitionFixture fixture = new(machine.Platform, "/");
            AppendNumbered(fixture.Open(settings: PartitionFixture.Settings(SegmentBytes)), 50);
            machine.Run(fixture.DisposeAsync());
            machine.Platform.Files.DeleteFile("/topic-0/manifest");

            PartitionFixture again = new(machine.Platform, "/", clean);
            CorruptLogException told = Assert.Throws<CorruptLogException>(
                () => again.Open(settings: PartitionFixture.Settings(SegmentBytes)));
            Assert.Equal(Path.Combine("/topic-0", "manifest"), told.File);
            Assert.Empty(machine.Disk.OpenFiles);
        }
    }

    /// <summary>Lets the background do all that becomes due while nothing is appended.</summary>
    private static void Settle(SimulatedPlatform machine)
    {
        for (int i = 0; i < 4; i++)
        {
            machine.Time.Advance(TimeSpan.FromSeconds(1));
            machine.Scheduler.RunUntilIdle();
        }
    }

    /// <summary>
    /// Damages a segment, at the beginning of a frame, whose records have survived the death of their process, and says
    /// how the next opening fails.
    /// </summary>
    private static (CorruptLogException Told, string Path, long Position) OpenAfterAKill(
        bool positional, Action<LogFile, long> damage)
    {
        using SimulatedPlatform machine = new(seed: 8, positional ? SimulationOptions.Positional : null);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        Topic topic = machine.Run(log.CreateTopicAsync("topic").AsTask);
        AppendNumbered(topic[0].Log, 5);
        long position = topic[0].SizeBytes;
        AppendNumbered(topic[0].Log, 9);
        string path = topic[0].Log.Segments.Last!.Path;

        using SimulatedPlatform after = machine.Crash(CrashKind.ProcessKill);
        using (LogFile file = after.Platform.Files.OpenFile(path, FileOpening.ReadWrite))
        {
            damage(file, position);
        }

        return (after.Run(() => OpenLog.FindDamageAsync(() => OpenLog.OnAsync(after))), path, position);
    }
}
