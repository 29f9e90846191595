using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Partitions.Recovery;

/// <summary>A segment that the manifest lists, and of which a loss of power has left nothing.</summary>
public sealed class RecoveryOfLostSegmentTests : IDisposable
{
    private readonly List<SimulatedPlatform> _machines = [new SimulatedPlatform(seed: 1)];

    public RecoveryOfLostSegmentTests() =>
        Machine.Platform.Files.CreateDirectory(OpenLog.Directory);

    private SimulatedPlatform Machine => _machines[^1];

    [Fact]
    public void Scan_SegmentLost_FindsNothingAndLooksAtNoFile()
    {
        PartitionLog log = OpenWithLostSegment();

        Assert.Equal(0, log.PublishedEnd);
        using PartitionScan scan = log.Scan(0);
        Assert.False(scan.TryRead(out _));
        Assert.Null(TimestampSearch.Find(log, 0));
    }

    [Fact]
    public void Open_KilledAfterSegmentWasLost_DoesNotTakeItForDamage()
    {
        PartitionLog lost = OpenWithLostSegment();
        PartitionLog log = OpenAfterKill();

        Assert.Equal(0, log.PublishedEnd);
        Assert.True(log.Epoch > lost.Epoch);
    }

    [Fact]
    public void Open_KilledAfterTheLogWentOn_DoesNotMissTheFile()
    {
        PartitionLog log = OpenWithLostSegment();
        log.Append(new RawRecord([1]), out _);
        Machine.Run(log.FlushAsync(1, CancellationToken.None));

        Assert.Equal(1, OpenAfterKill().PublishedEnd);
    }

    [Fact]
    public void Open_ClosedCleanlyAfterSegmentWasLost_GoesOn()
    {
        PartitionLog lost = OpenWithLostSegment();
        Assert.True(Machine.Run(lost.CloseAsync()));

        PartitionLog log = Open(clean: true, cacheSurvived: false);
        Assert.Equal(0, log.Append(new RawRecord([1]), out _));
    }

    [Fact]
    public void Epoch_OfAnOwnerThatLeftNoTrace_IsNotGivenAgain()
    {
        uint first = Open(clean: false, cacheSurvived: false, generation: 4).Epoch;
        uint second = Open(clean: false, cacheSurvived: false, generation: 5).Epoch;

        Assert.True(second > first);
    }

    public void Dispose() => _machines.ForEach(machine => machine.Dispose());

    /// <summary>A log with a segment that was not flushed, and whose file is gone after the next opening.</summary>
    private PartitionLog OpenWithLostSegment()
    {
        PartitionLog log = Open(clean: true, cacheSurvived: false);
        log.Append(new RawRecord([1]), out _);
        string path = log.Segments.Last!.Path;
        _machines.Add(Machine.Crash(CrashKind.ProcessKill));
        Machine.Platform.Files.DeleteFile(path);
        return Open(clean: false, cacheSurvived: false);
    }

    private PartitionLog OpenAfterKill()
    {
        _machines.Add(Machine.Crash(CrashKind.ProcessKill));
        return Open(clean: false, cacheSurvived: true);
    }

    private PartitionLog Open(bool clean, bool cacheSurvived, ulong generation = 0) =>
        new PartitionFixture(Machine.Platform, OpenLog.Directory, clean, cacheSurvived, generation: generation).Open();
}
