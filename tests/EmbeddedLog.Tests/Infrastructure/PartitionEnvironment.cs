using System.Globalization;
using System.Text;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>
/// What the contract of a partition is tested on: a file system, real or simulated, one way of writing, a clock that is
/// moved by hand, and calls that can be made to fail.
/// </summary>
internal sealed class PartitionEnvironment : IDisposable
{
    public const int SegmentBytes = 16 << 10;

    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory? _directory;

    /// <summary>What was opened last.</summary>
    private PartitionFixture? _last;

    private PartitionEnvironment(Platform platform, string root, bool positional, ManualTimeProvider time)
    {
        Faults = new FaultingFileSystem(platform.Files);
        Platform = platform with { Files = Faults, Time = time };
        Root = root;
        Positional = positional;
        Time = time;
    }

    private PartitionEnvironment(SimulatedPlatform simulation, bool positional)
        : this(simulation.Platform, "/", positional, simulation.Time)
    {
        Simulation = simulation;
    }

    private PartitionEnvironment(TempDirectory directory, Platform platform, bool positional)
        : this(platform, directory.Path, positional, new ManualTimeProvider(platform.Work, s_start))
    {
        _directory = directory;
    }

    /// <summary>Counts calls, and lets some fail.</summary>
    public FaultingFileSystem Faults { get; }

    public Platform Platform { get; }

    public string Root { get; }

    public bool Positional { get; }

    public ManualTimeProvider Time { get; }

    /// <summary>The machine; null where it is a real one.</summary>
    public SimulatedPlatform? Simulation { get; }

    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public static PartitionEnvironment Real(bool positional)
    {
        Platform platform = RealPlatform.Create(TimeProvider.System);
        if (!positional)
        {
            TempFileSystem.RequireSpaceToMap(platform.Files);
        }

        return new PartitionEnvironment(new TempDirectory(), platform, positional);
    }

    public static PartitionEnvironment Simulated(bool positional, int seed = 1) =>
        new(new SimulatedPlatform(seed, positional ? SimulationOptions.Positional : null), positional);

    /// <summary>A record with a number as its key.</summary>
    public static RawRecord Numbered(long number, int valueBytes = 100) =>
        new(KeyOf(number), new byte[valueBytes]);

    public static byte[] KeyOf(long number) =>
        Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Reads the whole log, which has numbered records whose numbers are their offsets.</summary>
    public static void AssertNumbered(PartitionLog log, long from, long to)
    {
        using PartitionScan scan = log.Scan(from);
        for (long i = from; i < to; i++)
        {
            Assert.True(scan.TryRead(out RecordView record), $"There is no offset {i}.");
            Assert.Equal(i, record.Offset);
            Assert.True(record.Key.SequenceEqual(KeyOf(i)), $"Offset {i} holds something else.");
        }

        Assert.False(scan.TryRead(out _));
    }

    /// <summary>Appends numbered records up to an end.</summary>
    public static void AppendNumbered(PartitionLog log, long to, int valueBytes = 100)
    {
        for (long i = log.PublishedEnd; i < to; i++)
        {
            Assert.Equal(i, log.Append(Numbered(i, valueBytes), out _));
        }
    }

    /// <summary>Opens the partitions; where that is not clean, the process that had them open has died.</summary>
    public PartitionFixture Open(bool clean = true, bool cacheSurvived = false, int maxOpen = 256)
    {
        if (!clean && Simulation is null)
        {
            _last?.Abandon();
        }

        return _last = new PartitionFixture(Platform, Root, clean, cacheSurvived, maxOpen);
    }

    public PartitionSettings Settings(int segmentBytes = SegmentBytes) =>
        PartitionFixture.Settings(segmentBytes, Positional);

    /// <summary>Plays asynchronous code: on a simulated machine together with the work that it waits for.</summary>
    public Task PlayAsync(Func<Task> body)
    {
        if (Simulation is null)
        {
            return body();
        }

        Simulation.Run(body);
        return Task.CompletedTask;
    }

    /// <summary>Inverts a byte of a file.</summary>
    public void Damage(string path, long position)
    {
        using LogFile file = Platform.Files.OpenFile(path, FileOpening.ReadWrite);
        byte[] one = new byte[1];
        Assert.Equal(1, file.Read(one, position));
        one[0] ^= 0xFF;
        file.Write(one, position);
    }

    public void Dispose()
    {
        if (Simulation is { } simulation)
        {
            simulation.Dispose();
            Assert.Empty(simulation.Disk.Violations);
        }

        _directory?.Dispose();
    }
}
