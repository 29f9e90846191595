using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Properties;

/// <summary>
/// What holds when a file of one partition is damaged, missing or from another moment: the others lose nothing. What an
/// opening has told of the partition, each later opening tells too, however the log ends in between, until a salvage
/// has repaired it. Then each of its records is there, or is told to be gone.
/// </summary>
public sealed class DamagedPartitionLaws
{
    private const int Partitions = 3;
    private const int Bad = 1;
    private const string Name = "topic";

    private static readonly TopicPartition s_bad = new(Name, Bad);

    private int _marked;
    private int _salvaged;
    private int _refused;

    [Fact]
    public void ADamagedPartitionIsToldUntilItIsSalvagedAndTheOthersLoseNothing()
    {
        Prop.ForAll(Gen.Choose(1, int.MaxValue - 1).ToArbitrary(), Play).Check(LawRuns.Of(250));
        Assert.True(
            _marked > 60 && _salvaged > 30 && _refused > 5,
            $"marked {_marked}, salvaged {_salvaged}, refused {_refused}");
    }

    /// <summary>Records are gone on both sides of the durable end, and those behind them are not.</summary>
    [Fact]
    public void ASalvageAcrossTheDurableEndKeepsWhatFollows() => Play(668514435);

    [Fact]
    public void AnOpeningCutShortAnywhereForgetsNoDamage()
    {
        for (int seed = 1; seed <= 4; seed++)
        {
            bool done = false;
            for (int change = 1; !done; change++)
            {
                done = PlayCrash(seed, change);
            }
        }
    }

    private bool Play(int seed)
    {
        Random random = new(seed);
        using Machines machines = new(seed, random);
        long[] ends = Fill(machines, random);
        string directory = Path.Combine(OpenLog.FullDirectory, "topics", "topic-1", $"{Bad}");
        Dictionary<string, byte[]> older = machines.Older;
        Harm(machines.Now.Platform.Files, directory, older, random);

        CommitLog log = Open(machines);
        AssertOthers(log, ends);
        if (log.GetTopic(Name)[Bad].Failure is not CorruptLogException first)
        {
            // Its reads tell it, or nothing is lost.
            machines.Close(log);
            return true;
        }

        _marked++;
        Assert.NotNull(first.File);
        for (int opening = random.Next(3); opening > 0; opening--)
        {
            AppendToOthers(machines, log, ends, random);
            machines.End(log, random);
            log = Open(machines);
            AssertOthers(log, ends);
            CorruptLogException again = Assert.IsType<CorruptLogException>(log.GetTopic(Name)[Bad].Failure);
            Assert.Equal((first.Message, first.File), (again.Message, again.File));
            Assert.Equal(s_bad, Assert.Single(log.Recovery.Damaged).Partition);
        }

        AppendToOthers(machines, log, ends, random);
        machines.End(log, random);
        Repair(machines, ends);
        return true;
    }

    private void Repair(Machines machines, long[] ends)
    {
        SalvageReport? report = null;
        try
        {
            report = Salvage(machines);
            _salvaged++;
        }
        catch (CorruptLogException)
        {
            // Nothing tells which files there should be.
            _refused++;
        }

        CommitLog log = Open(machines);
        AssertOthers(log, ends);
        if (report is null)
        {
            Assert.NotNull(log.GetTopic(Name)[Bad].Failure);
            machines.Close(log);
            return;
        }

        PartitionLog partition = log.GetTopic(Name)[Bad].Log;
        Assert.Null(partition.Failure);
        HashSet<long> found = [];
        using (PartitionScan scan = partition.Scan(partition.StartOffset))
        {
            while (scan.TryRead(out RecordView record))
            {
                Assert.True(record.Key.SequenceEqual(KeyOf(record.Offset)), $"Offset {record.Offset} is another.");
                found.Add(record.Offset);
            }
        }

        for (long offset = 0; offset < ends[Bad]; offset++)
        {
            bool isTold = report.Gone.Any(gone => offset >= gone.First && offset < gone.End)
                || (offset >= report.EndOffset && !report.EndIsCertain);
            Assert.True(found.Contains(offset) || isTold, $"Offset {offset} is lost and not told.");
        }

        machines.Close(log);
    }

    private static bool PlayCrash(int seed, int change)
    {
        Random random = new(seed);
        using Machines machines = new(seed, random);
        long[] ends = Fill(machines, random);
        FileSystem files = machines.Now.Platform.Files;
        string directory = Path.Combine(OpenLog.FullDirectory, "topics", "topic-1", $"{Bad}");
        files.DeleteFile(Path.Combine(directory, "checkpoint"));
        files.SyncDirectory(directory);

        machines.Now.Disk.CrashAtMutation(machines.Now.Disk.Counters.Mutations + change);
        CommitLog? opened = null;
        bool done = Record.Exception(() =>
        {
            opened = Open(machines);
            machines.Now.Run(opened.DisposeAsync());
        }) is null;
        machines.Crash(random.Next(2) == 0 ? CrashKind.ProcessKill : CrashKind.PowerLoss);

        for (int opening = 0; opening < 2; opening++)
        {
            CommitLog log = Open(machines);
            AssertOthers(log, ends);
            Assert.NotNull(log.GetTopic(Name)[Bad].Failure);
            machines.Close(log);
        }

        return done;
    }

    /// <summary>Two lives: what the first has left can be put back. The second ends in any way.</summary>
    private static long[] Fill(Machines machines, Random random)
    {
        CommitLog log = Open(machines);
        TopicOptions options = new()
        {
            Partitions = Partitions,
            SegmentBytes = SegmentBytes,
            Retention = RetentionPolicy.KeepForever,
        };
        machines.Now.Run(() => log.CreateTopicAsync(Name, options).AsTask());
        long[] ends = new long[Partitions];
        Append(machines, log, ends, random, all: true);
        machines.Close(log);
        machines.Older = DiskPieces.Copy(machines.Now.Platform.Files, OpenLog.FullDirectory);
        log = Open(machines);
        Append(machines, log, ends, random, all: true);
        machines.End(log, random);
        return ends;
    }

    private static void AppendToOthers(Machines machines, CommitLog log, long[] ends, Random random) =>
        Append(machines, log, ends, random, all: false);

    private static void Append(Machines machines, CommitLog log, long[] ends, Random random, bool all)
    {
        for (int i = 0; i < Partitions; i++)
        {
            if (i != Bad || all)
            {
                ends[i] += random.Next(1, 250);
                OwnedPartition partition = log.GetTopic(Name)[i];
                AppendNumbered(partition.Log, ends[i]);
                machines.Now.Run(partition.FlushAsync());
            }
        }
    }

    private static void Harm(FileSystem files, string directory, Dictionary<string, byte[]> older, Random random)
    {
        string[] names = [.. files.ListFiles(directory)
            .Where(name => !name.EndsWith(".index", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        string path = Path.Combine(directory, names[random.Next(names.Length)]);
        switch (random.Next(4))
        {
            case 0:
                files.DeleteFile(path);
                break;
            case 1 when older.TryGetValue(path, out byte[]? bytes):
                DiskPieces.Restore(files, path, older);
                Assert.NotNull(bytes);
                break;
            case 2:
                using (LogFile file = files.OpenFile(path, FileOpening.ReadWrite))
                {
                    file.SetLength(random.NextInt64(Math.Min(file.Length, 9000)));
                    file.Flush(0, file.Length);
                }

                break;
            default:
                // Both slots or copies now and then.
                for (int flips = random.Next(1, 40); flips > 0; flips--)
                {
                    using LogFile file = files.OpenFile(path, FileOpening.ReadWrite);
                    byte[] one = new byte[1];
                    long position = random.NextInt64(Math.Max(1, Math.Min(file.Length, 70_000)));
                    file.Read(one, position);
                    one[0] ^= (byte)(1 << random.Next(8));
                    file.Write(one, position);
                    file.Flush(0, file.Length);
                }

                break;
        }

        // For good: a crash must not undo it.
        files.SyncDirectory(directory);
        foreach (string name in files.ListFiles(directory))
        {
            using LogFile file = files.OpenFile(Path.Combine(directory, name), FileOpening.ReadWrite);
            file.Flush(0, file.Length);
        }
    }

    private static void AssertOthers(CommitLog log, long[] ends)
    {
        for (int i = 0; i < Partitions; i++)
        {
            if (i != Bad)
            {
                Assert.Null(log.GetTopic(Name)[i].Failure);
                AssertNumbered(log.GetTopic(Name)[i].Log, 0, ends[i]);
            }
        }
    }

    private static CommitLog Open(Machines machines) => machines.Now.Run(OpenLog.OnAsync(machines.Now).AsTask);

    private static SalvageReport Salvage(Machines machines) => machines.Now.Run(() => SalvageOpening.RunAsync(
        OpenLog.Directory, s_bad, new SalvageOptions(), machines.Now.Platform, CancellationToken.None).AsTask());

    /// <summary>A machine, and those that its crashes have left.</summary>
    private sealed class Machines : IDisposable
    {
        private readonly List<SimulatedPlatform> _all = [];

        public Machines(int seed, Random random) => Now = Add(new SimulatedPlatform(
            seed, random.Next(2) == 0 ? SimulationOptions.Positional : null));

        public SimulatedPlatform Now { get; private set; }

        /// <summary>All files as the first clean close has left them.</summary>
        public Dictionary<string, byte[]> Older { get; set; } = [];

        /// <summary>Closes the log, kills its process, or takes the power away once all is proven.</summary>
        public void End(CommitLog log, Random random)
        {
            switch (random.Next(3))
            {
                case 0:
                    Close(log);
                    break;
                case 1:
                    Crash(CrashKind.ProcessKill);
                    break;
                default:
                    for (int i = 0; i < 4; i++)
                    {
                        Now.Time.Advance(TimeSpan.FromSeconds(1));
                        Now.Scheduler.RunUntilIdle();
                    }

                    Crash(CrashKind.PowerLoss);
                    break;
            }
        }

        public void Close(CommitLog log)
        {
            Now.Run(log.DisposeAsync());
            Now.Scheduler.RunUntilIdle();
            Assert.Empty(Now.Disk.OpenFiles);
            Assert.Empty(Now.Disk.LiveMaps);
            Assert.Empty(Now.Disk.Violations);
        }

        public void Crash(CrashKind kind) => Now = Add(Now.Crash(kind));

        public void Dispose() => _all.ForEach(machine => machine.Dispose());

        private SimulatedPlatform Add(SimulatedPlatform machine)
        {
            _all.Add(machine);
            return machine;
        }
    }
}
