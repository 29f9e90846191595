using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Opening;

/// <summary>A log with three partitions of several segments each, closed cleanly. One can be damaged.</summary>
public abstract class DamagedLog : IDisposable
{
    /// <summary>How many records each partition has.</summary>
    protected const int Records = 300;

    protected const string Name = "topic";

    private readonly SimulatedPlatform _machine = new(seed: 5);

    protected static readonly TopicPartition Bad = new(Name, 1);

    /// <summary>The directory of that partition.</summary>
    protected static readonly string BadDirectory = Path.Combine(OpenLog.FullDirectory, "topics", "topic-1", "1");

    protected static readonly string Mark = Path.Combine(BadDirectory, "damage");

    /// <summary>The file that the damage takes away.</summary>
    protected static readonly string Segment = Path.Combine(BadDirectory, "00000002.segment");

    internal SimulatedPlatform Machine => _machine;

    internal FileSystem Files => _machine.Platform.Files;

    public void Dispose()
    {
        _machine.Dispose();
        GC.SuppressFinalize(this);
    }

    protected CommitLog Open() => _machine.Run(OpenLog.OnAsync(_machine).AsTask);

    protected CommitLog OpenDamaged()
    {
        Damage();
        return Open();
    }

    protected void Damage()
    {
        Make();
        Files.DeleteFile(Segment);
    }

    protected void Make() => _machine.Run(MakeAsync);

    /// <summary>Makes the log.</summary>
    protected async Task MakeAsync()
    {
        CommitLog log = await OpenLog.OnAsync(_machine);
        TopicOptions options = new()
        {
            Partitions = 3,
            SegmentBytes = SegmentBytes,
            Retention = RetentionPolicy.KeepForever,
        };
        Topic topic = await log.CreateTopicAsync(Name, options);
        foreach (OwnedPartition partition in topic.Partitions)
        {
            AppendNumbered(partition.Log, Records);
        }

        await log.DisposeAsync();
    }

    protected void Close(CommitLog log)
    {
        _machine.Run(log.DisposeAsync());
        _machine.Scheduler.RunUntilIdle();
        Assert.Empty(_machine.Disk.OpenFiles);
        Assert.Empty(_machine.Disk.LiveMaps);
        Assert.Empty(_machine.Disk.Violations);
    }

    protected SalvageReport Salvage() => _machine.Run(() => SalvageOpening.RunAsync(
        OpenLog.Directory, Bad, new SalvageOptions(), _machine.Platform, CancellationToken.None).AsTask());

    protected string LastSegment() => Path.Combine(
        BadDirectory,
        Files.ListFiles(BadDirectory).Where(name => name.EndsWith(".segment", StringComparison.Ordinal)).Max()!);

    protected void AssertWhole()
    {
        CommitLog log = Open();
        Assert.Empty(log.Recovery.Damaged);
        foreach (OwnedPartition partition in log.GetTopic(Name).Partitions)
        {
            AssertNumbered(partition.Log, 0, Records);
        }

        Close(log);
    }
}
