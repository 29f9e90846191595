using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Properties;

/// <summary>
/// What holds when a byte changes that was on the disk, or in a page cache that has survived: the log says so, with the
/// file, or is as it was. It never silently ends early, and never gives out another record.
/// </summary>
/// <remarks>
/// One exception, which GUARANTEES.md has under "What stays ambiguous": the active segment may be put back from a clean
/// close, with all records below the checkpoint's durable end. Then nothing else proves the records above, written or
/// flushed, and the log may end at the checkpoint. A file that lacks a record below that end is told.
/// </remarks>
public sealed class DamageLaws
{
    private const int Records = 400;

    private int _told;
    private int _unharmed;

    [Fact]
    public void AChangedByteIsToldOrDoesNoHarm()
    {
        Prop.ForAll(Gen.Choose(1, int.MaxValue - 1).ToArbitrary(), seed => Play(seed, Change))
            .Check(LawRuns.Of(400));
        Assert.True(_told > 100 && _unharmed > 20, $"told {_told}, unharmed {_unharmed}");
    }

    [Fact]
    public void AMissingFileIsToldOrDoesNoHarm()
    {
        Prop.ForAll(
            Gen.Choose(1, int.MaxValue - 1).ToArbitrary(),
            seed => Play(seed, (files, path, _) => files.DeleteFile(path)))
            .Check(LawRuns.Of(150));
        Assert.True(_told > 30 && _unharmed > 10, $"told {_told}, unharmed {_unharmed}");
    }

    [Fact]
    public void AnOlderFileIsToldOrDoesNoHarm()
    {
        Prop.ForAll(
            Gen.Choose(1, int.MaxValue - 1).ToArbitrary(),
            seed => Play(seed, (files, path, _) => files.DeleteFile(path), putsBack: true))
            .Check(LawRuns.Of(300));
        Assert.True(_told > 50 && _unharmed > 20, $"told {_told}, unharmed {_unharmed}");
    }

    private bool Play(int seed, Action<FileSystem, string, Random> harm, bool putsBack = false)
    {
        Random random = new(seed);
        bool positional = random.Next(2) == 0;
        using SimulatedPlatform machine = new(seed, positional ? SimulationOptions.Positional : null);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        TopicOptions options = new() { SegmentBytes = SegmentBytes, Retention = RetentionPolicy.KeepForever };
        Topic topic = machine.Run(() => log.EnsureTopicAsync("topic", options).AsTask());
        Dictionary<string, byte[]> older = [];
        for (int closes = putsBack ? 2 : random.Next(3); closes > 0; closes--)
        {
            // Now and then with so little in between that nothing but the closes writes a checkpoint.
            AppendNumbered(topic[0].Log, topic[0].EndOffset + random.Next(random.Next(2) == 0 ? 5 : 200));
            machine.Run(log.DisposeAsync());
            older = older.Count == 0 ? Copy(machine.Platform.Files) : older;
            log = machine.Run(OpenLog.OnAsync(machine).AsTask);
            topic = log.GetTopic("topic");
        }

        Fill(machine, topic[0].Log, random);
        (long start, long end) = (topic[0].StartOffset, topic[0].EndOffset);
        SimulatedPlatform after = End(machine, log, topic[0].Log, random);
        using (after == machine ? null : after)
        {
            string[] paths = [.. Files(after.Platform.Files, OpenLog.Directory)
                .Where(each => !putsBack || older.ContainsKey(each))];
            string path = paths[random.Next(paths.Length)];
            long least = putsBack ? LeastEnd(after.Platform.Files, topic[0].Log, path, older[path]) : end;
            harm(after.Platform.Files, path, random);
            if (putsBack)
            {
                using LogFile file = after.Platform.Files.OpenFile(path, FileOpening.CreateNew);
                file.Write(older[path], 0);
            }

            Read(after, path, start, least, end, putsBack);
        }

        return true;
    }

    /// <summary>
    /// Where the log may end with an older file: at the checkpoint if the file is the active segment and all that the
    /// checkpoint tells of is in it; otherwise nowhere but at its end.
    /// </summary>
    private static long LeastEnd(FileSystem files, PartitionLog log, string path, byte[] older)
    {
        if (log.Segments.Last is not { } active || active.Path != path)
        {
            return log.PublishedEnd;
        }

        using CheckpointFile file = CheckpointFile.Open(files, log.Directory, log.TopicUid, log.Id);
        Checkpoint checkpoint = file.Current!.Value;
        int position = (int)checkpoint.DurableEndPosition;
        return checkpoint.ActiveUid == active.Entry.Uid
            && DiskPieces.ReadFile(files, path).AsSpan(0, position).SequenceEqual(older.AsSpan(0, position))
            ? checkpoint.DurableEndOffset
            : log.PublishedEnd;
    }

    private static Dictionary<string, byte[]> Copy(FileSystem files) => Files(files, OpenLog.Directory).ToDictionary(
        path => path,
        path =>
        {
            using LogFile file = files.OpenFile(path, FileOpening.Read);
            byte[] bytes = new byte[file.Length];
            file.Read(bytes, 0);
            return bytes;
        });

    private static void Fill(SimulatedPlatform machine, PartitionLog log, Random random)
    {
        int end = (int)log.PublishedEnd + random.Next(random.Next(2) == 0 ? 10 : 50, Records);
        AppendNumbered(log, end);
        if (random.Next(2) == 0)
        {
            machine.Run(log.FlushAsync(log.PublishedEnd, CancellationToken.None));
            log.DeleteBefore(random.Next(end));
        }

        machine.Scheduler.RunUntilIdle();
        AppendNumbered(log, end + random.Next(50));
    }

    /// <summary>
    /// Closes the log, kills its process, or lets time prove everything and takes the power away: in all cases nothing
    /// may be missing afterwards.
    /// </summary>
    private static SimulatedPlatform End(
        SimulatedPlatform machine, CommitLog log, PartitionLog partition, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                machine.Run(log.DisposeAsync());
                return machine;
            case 1:
                return machine.Crash(CrashKind.ProcessKill);
            default:
                for (int i = 0; i < 4; i++)
                {
                    machine.Time.Advance(TimeSpan.FromSeconds(1));
                    machine.Scheduler.RunUntilIdle();
                }

                Assert.Equal(partition.PublishedEnd, partition.DurableEnd);
                return machine.Crash(CrashKind.PowerLoss);
        }
    }

    /// <summary>What an opening looks at: the lock holds nothing.</summary>
    private static IEnumerable<string> Files(FileSystem files, string directory) =>
        files.ListFiles(directory).Where(name => name != "lock")
            .Select(name => Path.Combine(directory, name))
            .Concat(files.ListDirectories(directory).SelectMany(name => Files(files, Path.Combine(directory, name))));

    private static void Change(FileSystem files, string path, Random random)
    {
        using LogFile file = files.OpenFile(path, FileOpening.ReadWrite);
        if (file.Length == 0)
        {
            return;
        }

        // Mostly where something stands: segments are long and their ends are empty.
        long position = random.Next((int)(random.Next(2) == 0 ? Math.Min(file.Length, 9000) : file.Length));
        byte[] one = new byte[1];
        file.Read(one, position);
        one[0] ^= (byte)(1 << random.Next(8));
        file.Write(one, position);
    }

    private void Read(SimulatedPlatform machine, string harmed, long start, long least, long end, bool putsBack)
    {
        CommitLog? log = null;
        try
        {
            log = machine.Run(OpenLog.OnAsync(machine).AsTask);
            PartitionLog partition = log.GetTopic("topic")[0].Log;
            if (putsBack && harmed.EndsWith("manifest", StringComparison.Ordinal))
            {
                // Where the start lies is in the manifest alone until the next checkpoint, or close.
                Assert.InRange(partition.StartOffset, 0, start);
                start = partition.StartOffset;
            }

            Assert.Equal(start, partition.StartOffset);
            Assert.InRange(partition.PublishedEnd, least, end);
            AssertNumbered(partition, start, partition.PublishedEnd);
            _unharmed++;
        }
        catch (Exception told) when (told is CorruptLogException or UnsupportedFormatException)
        {
            Assert.NotNull(((EmbeddedLogException)told).File);
            _told++;
        }
        catch (LogDirectoryException) when (harmed.EndsWith("session", StringComparison.Ordinal))
        {
            _told++;
        }

        if (log is not null)
        {
            machine.Run(log.DisposeAsync());
        }

        machine.Scheduler.RunUntilIdle();
        Assert.Empty(machine.Disk.OpenFiles);
        Assert.Empty(machine.Disk.LiveMaps);
        Assert.Empty(machine.Disk.Violations);
    }
}
