using System.Text;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Torture.Bitflip;

/// <summary>
/// A log with every kind of file and frame on a simulated disk, ended in one way. It is closed cleanly twice with
/// little in between; the files of the first close may be put back. Two more lives follow, so that a recovery has
/// copied records. There are sealed, copied and active segments, a log start within a segment, and commits.
/// </summary>
internal sealed class DamageFixture : IDisposable
{
    public const string Root = "/log";
    public const string Group = "group";

    private const int Seed = 20;
    private const int SegmentBytes = 16 << 10;
    private const int LargeBytes = 11 << 10;

    private readonly SimulatedPlatform _machine;

    private DamageFixture(
        DamageEnding ending,
        bool positional,
        SimulatedPlatform machine,
        LogContents proven,
        Dictionary<string, byte[]> older)
    {
        Ending = ending;
        Positional = positional;
        _machine = machine;
        Proven = proven;
        Files = [.. FilesUnder(machine.Platform.Files, Root).Select(path =>
            new DamagedFile(path, ReadFile(machine.Platform.Files, path), older.GetValueOrDefault(path)))];

        // After a loss of power an opening without damage finds fewer records than were appended.
        using SimulatedDisk copy = Copy(0);
        Contents = ReadAll(copy);
    }

    public DamageEnding Ending { get; }

    public bool Positional { get; }

    /// <summary>The machine on which a copy of the disk is opened.</summary>
    public SimulatedPlatform Machine => _machine;

    /// <summary>All files.</summary>
    public IReadOnlyList<DamagedFile> Files { get; }

    /// <summary>The contents found by an opening without damage.</summary>
    public LogContents Contents { get; }

    /// <summary>The contents that the disk proves; less than the contents for one ending only.</summary>
    public LogContents Proven { get; }

    /// <summary>Plays the two lives.</summary>
    public static DamageFixture Create(DamageEnding ending, bool positional)
    {
        SimulatedPlatform machine = new(Seed, positional ? SimulationOptions.Positional : null);
        CommitLog log = machine.Run(() => OpenAsync(machine.Platform).AsTask());
        TopicOptions options = new()
        {
            Partitions = 2,
            SegmentBytes = SegmentBytes,
            Retention = new RetentionPolicy { MaxAge = TimeSpan.FromDays(3) },
        };
        Topic topic = machine.Run(() => log.CreateTopicAsync("topic", options).AsTask());
        machine.Run(() => log.CreateTopicAsync("quiet").AsTask());
        Append(topic[0], 5);
        machine.Run(log.DisposeAsync());
        Dictionary<string, byte[]> older = FilesUnder(machine.Platform.Files, Root)
            .ToDictionary(path => path, path => ReadFile(machine.Platform.Files, path));

        // So few records that only the second close writes a checkpoint.
        log = machine.Run(() => OpenAsync(machine.Platform).AsTask());
        topic = log.GetTopic("topic");
        Append(topic[0], 3);
        machine.Run(topic[0].FlushAsync());
        machine.Run(log.DisposeAsync());
        log = machine.Run(() => OpenAsync(machine.Platform).AsTask());
        topic = log.GetTopic("topic");
        Append(topic[0], 52);
        Append(topic[1], 5);
        machine.Run(topic[0].FlushAsync());
        Append(topic[0], 20);
        SimulatedPlatform second = machine.Crash(CrashKind.ProcessKill);
        machine.Dispose();

        log = second.Run(() => OpenAsync(second.Platform).AsTask());
        topic = log.GetTopic("topic");
        Append(topic[0], 66);
        machine = second;
        second.Run(topic[0].FlushAsync());
        topic[0].Log.DeleteBefore(30);
        second.Run(() => CommitAsync(log));
        Settle(second);
        LogContents proven = LogContents.Read(second, log, Group);
        if (ending == DamageEnding.PowerLostUnproven)
        {
            Append(topic[0], 12);
            second.Run(log.FlushAsync());
        }

        switch (ending)
        {
            case DamageEnding.Closed:
                second.Run(log.DisposeAsync());
                break;
            case DamageEnding.Killed:
                Append(topic[0], 9);
                machine = second.Crash(CrashKind.ProcessKill);
                break;
            default:
                machine = second.Crash(CrashKind.PowerLoss);
                break;
        }

        if (machine != second)
        {
            second.Dispose();
        }

        return new DamageFixture(ending, positional, machine, proven, older);
    }

    /// <summary>Opens the log of a platform.</summary>
    public static ValueTask<CommitLog> OpenAsync(Platform platform) =>
        CommitLog.OpenAsync(Root, new CommitLogOptions(), platform, CancellationToken.None);

    /// <summary>A copy of the disk, to be damaged.</summary>
    public SimulatedDisk Copy(int seed) => _machine.Disk.Clone(new Random(seed));

    /// <summary>Opens what is on a disk, reads all of it, and closes it.</summary>
    public LogContents ReadAll(SimulatedDisk disk)
    {
        Platform platform = _machine.Platform with { Files = new SimulatedFileSystem(disk) };
        CommitLog? log = null;
        try
        {
            log = _machine.Run(() => OpenAsync(platform).AsTask());
            return LogContents.Read(_machine, log, Group);
        }
        finally
        {
            if (log is not null)
            {
                _machine.Run(log.DisposeAsync());
            }

            _machine.Scheduler.RunUntilIdle();
        }
    }

    public void Dispose() => _machine.Dispose();

    public override string ToString() => $"{(Positional ? "positional" : "mapped")}, {Ending}";

    /// <summary>Runs all background work that is due.</summary>
    private static void Settle(SimulatedPlatform machine)
    {
        for (int i = 0; i < 5; i++)
        {
            machine.Time.Advance(TimeSpan.FromSeconds(1));
            machine.Scheduler.RunUntilIdle();
        }
    }

    /// <summary>
    /// Records of every form; now and then one with many zeros, which fills a segment and adds few bits to flip.
    /// </summary>
    private static void Append(OwnedPartition partition, int count)
    {
        for (int i = 0; i < count; i++)
        {
            byte[] key = Encoding.UTF8.GetBytes($"key-{partition.EndOffset}");
            byte[] value = new byte[i % 18 == 14 ? LargeBytes : (int)(partition.EndOffset * 37 % 120)];
            new Random((int)partition.EndOffset).NextBytes(value.AsSpan(0, Math.Min(value.Length, 120)));
            switch (i % 6)
            {
                case 0:
                    RecordBatch batch = new();
                    batch.Add(new RawRecord(key, value));
                    batch.Add(RawRecord.Tombstone(key));
                    batch.Add(new RawRecord(value) { Headers = new Header[] { new("header", "of a batch") } });
                    partition.AppendBatch(batch);
                    break;
                case 1:
                    partition.Append(RawRecord.Tombstone(key));
                    break;
                case 2:
                    partition.Append(new RawRecord(value));
                    break;
                case 3:
                    partition.Append(new RawRecord(key, value) { Headers = new Header[] { new("header", "value") } });
                    break;
                default:
                    partition.Append(new RawRecord(key, value));
                    break;
            }
        }
    }

    private static async Task CommitAsync(CommitLog log)
    {
        await using Consumer<byte[]?, byte[]?> consumer = log.CreateConsumer<byte[]?, byte[]?>("topic", Group);
        await consumer.CommitAsync(new NextOffset(new("topic", 0), 50), "fifty");
        await consumer.CommitAsync(new NextOffset(new("topic", 1), 2), null);
        await consumer.CommitAsync(new NextOffset(new("topic", 0), 90), "ninety");
    }

    private static IEnumerable<string> FilesUnder(FileSystem files, string directory) =>
        files.ListFiles(directory).Order(StringComparer.Ordinal).Select(name => Path.Combine(directory, name))
            .Concat(files.ListDirectories(directory).Order(StringComparer.Ordinal)
                .SelectMany(name => FilesUnder(files, Path.Combine(directory, name))));

    private static byte[] ReadFile(FileSystem files, string path)
    {
        using LogFile file = files.OpenFile(path, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return bytes;
    }
}
