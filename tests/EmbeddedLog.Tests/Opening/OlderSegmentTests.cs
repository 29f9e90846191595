using System.Buffers.Binary;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Opening;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Opening;

/// <summary>
/// A segment's file that was put back as it was at an earlier clean close, under a log that was not closed since.
/// FORMAT.md has the table, "What a damaged piece comes to".
/// </summary>
public sealed class OlderSegmentTests
{
    private const int First = 5;

    private static readonly string s_segment =
        Path.Combine(OpenLog.FullDirectory, "topics", "topic-1", "0", "00000001.segment");

    /// <summary>Whether it is written positionally, how it ends, and the end of the last clean close.</summary>
    public static TheoryData<bool, bool, int> Lives()
    {
        TheoryData<bool, bool, int> lives = [];
        foreach (bool positional in (bool[])[false, true])
        {
            foreach (bool powerLoss in (bool[])[false, true])
            {
                lives.Add(positional, powerLoss, First + 1);
                lives.Add(positional, powerLoss, First + 55);
            }
        }

        return lives;
    }

    [Theory]
    [MemberData(nameof(Lives))]
    public void Open_SegmentFromBeforeTheLastClose_IsReported(bool positional, bool powerLoss, int second)
    {
        using SimulatedPlatform machine = Machine(positional);
        Dictionary<string, byte[]> older = Live(machine, First);
        Live(machine, second);
        CommitLog log = Append(machine, second + 9);
        machine.Run(log.FlushAsync());
        using SimulatedPlatform after = machine.Crash(powerLoss ? CrashKind.PowerLoss : CrashKind.ProcessKill);
        DiskPieces.Restore(after.Platform.Files, s_segment, older);

        CorruptLogException told = Open(after);

        Assert.Equal(s_segment, told.File);
        Assert.Equal(second, told.Offset);
        Assert.Equal(older[s_segment], DiskPieces.ReadFile(after.Platform.Files, s_segment));
    }

    [Theory]
    [MemberData(nameof(Lives))]
    public void Salvage_SegmentFromBeforeTheLastClose_KeepsItsRecords(bool positional, bool powerLoss, int second)
    {
        using SimulatedPlatform machine = Machine(positional);
        Dictionary<string, byte[]> older = Live(machine, First);
        Live(machine, second);
        Append(machine, second + 9);
        using SimulatedPlatform after = machine.Crash(powerLoss ? CrashKind.PowerLoss : CrashKind.ProcessKill);
        DiskPieces.Restore(after.Platform.Files, s_segment, older);

        SalvageReport report = after.Run(() => SalvageOpening.RunAsync(
            OpenLog.Directory, new TopicPartition("topic", 0), new SalvageOptions(), after.Platform,
            CancellationToken.None)
            .AsTask());

        Assert.Equal([new OffsetRange(First, second)], report.Gone);
        CommitLog log = after.Run(OpenLog.OnAsync(after).AsTask);
        Assert.Equal(second, log.GetTopic("topic")[0].EndOffset);
        AssertNumbered(log.GetTopic("topic")[0].Log, 0, First);
        after.Run(log.DisposeAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Open_SegmentOfTheLastCloseAndALaterCheckpoint_IsReported(bool positional)
    {
        using SimulatedPlatform machine = Machine(positional);
        Dictionary<string, byte[]> older = Live(machine, First);
        Append(machine, First + 9);
        WaitForCheckpoint(machine);
        using SimulatedPlatform after = machine.Crash(CrashKind.ProcessKill);
        DiskPieces.Restore(after.Platform.Files, s_segment, older);

        CorruptLogException told = Open(after);

        Assert.Equal(s_segment, told.File);
    }

    /// <summary>What cannot be told, for the checkpoint is still that of the close. GUARANTEES.md says so.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Open_SegmentOfTheLastCloseAndItsCheckpoint_EndsThere(bool positional)
    {
        using SimulatedPlatform machine = Machine(positional);
        Dictionary<string, byte[]> older = Live(machine, First);
        CommitLog log = Append(machine, First + 9);
        machine.Run(log.FlushAsync());
        using SimulatedPlatform after = machine.Crash(CrashKind.ProcessKill);
        DiskPieces.Restore(after.Platform.Files, s_segment, older);

        log = after.Run(OpenLog.OnAsync(after).AsTask);

        AssertNumbered(log.GetTopic("topic")[0].Log, 0, First);
        after.Run(log.DisposeAsync());
    }

    /// <summary>The last frame is looked for backwards, and a record may hold what looks like many of them.</summary>
    [Fact]
    public void Open_LastRecordLooksLikeManyFrames_IsNoDamage()
    {
        const int ValueAt = FrameLayout.HeaderBytes + 2;
        byte[] value = new byte[12000];
        int end = FrameLayout.Padded(ValueAt + value.Length);
        for (int at = FrameLayout.Padded(ValueAt); at + sizeof(int) <= ValueAt + value.Length; at += 8)
        {
            BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(at - ValueAt), end - at);
        }

        using SimulatedPlatform machine = Machine(positional: false);
        CommitLog log = Append(machine, 0);
        log.GetTopic("topic")[0].Log.Append(new RawRecord(KeyOf(0), value), out _);
        WaitForCheckpoint(machine);
        using SimulatedPlatform after = machine.Crash(CrashKind.ProcessKill);

        log = after.Run(OpenLog.OnAsync(after).AsTask);

        AssertNumbered(log.GetTopic("topic")[0].Log, 0, 1);
        Assert.Equal(1, log.GetTopic("topic")[0].Log.Recovery.ProvenOffset);
        after.Run(log.DisposeAsync());
    }

    private static void WaitForCheckpoint(SimulatedPlatform machine)
    {
        for (int seconds = 0; seconds < 4; seconds++)
        {
            machine.Time.Advance(TimeSpan.FromSeconds(1));
            machine.Scheduler.RunUntilIdle();
        }
    }

    /// <summary>Opens the log, which tells that the partition is damaged, and closes it.</summary>
    private static CorruptLogException Open(SimulatedPlatform machine)
    {
        CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        CorruptLogException told = Assert.IsType<CorruptLogException>(log.GetTopic("topic")[0].Failure);
        machine.Run(log.DisposeAsync());
        return told;
    }

    private static SimulatedPlatform Machine(bool positional) =>
        new(7, positional ? SimulationOptions.Positional : null);

    /// <summary>A life that ends in a clean close; what it leaves.</summary>
    private static Dictionary<string, byte[]> Live(SimulatedPlatform machine, long to)
    {
        machine.Run(Append(machine, to).DisposeAsync());
        return DiskPieces.Copy(machine.Platform.Files, OpenLog.FullDirectory);
    }

    private static CommitLog Append(SimulatedPlatform machine, long to)
    {
        CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        TopicOptions options = new() { SegmentBytes = SegmentBytes, Retention = RetentionPolicy.KeepForever };
        Topic topic = machine.Run(() => log.EnsureTopicAsync("topic", options).AsTask());
        AppendNumbered(topic[0].Log, to);
        return log;
    }
}
