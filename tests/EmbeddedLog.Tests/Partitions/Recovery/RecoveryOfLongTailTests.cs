using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Partitions.Recovery;

/// <summary>
/// An opening that has megabytes to copy sends them to the disk as it goes and makes pages ready ahead, which is only
/// for speed.
/// </summary>
public sealed class RecoveryOfLongTailTests
{
    private const int ValueBytes = 128 << 10;
    private const int Records = 200;
    private const int SegmentBytes = 32 << 20;

    /// <summary>The copies take several segments.</summary>
    private const int CopyBytes = 12 << 20;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Open_MegabytesUnflushed_AreAllCopied(bool real, bool positional)
    {
        if (real)
        {
            Wine.SkipWhereOpenFilesAreReplaced();
        }

        using PartitionEnvironment environment =
            real ? PartitionEnvironment.Real(positional) : PartitionEnvironment.Simulated(positional);
        Fill(environment);

        PartitionLog log = environment.Open(clean: false).Open(settings: environment.Settings(CopyBytes));

        Assert.Equal(Records, log.Recovery.CopiedRecords);
        Assert.Equal(Records, log.DurableEnd);
        PartitionEnvironment.AssertNumbered(log, 0, Records);
        PartitionEnvironment.AppendNumbered(log, Records + 3, ValueBytes);
        PartitionEnvironment.AssertNumbered(log, 0, Records + 3);
    }

    [Fact]
    public void Open_SpaceIsMissingForAMoment_FailsWithNothingChangedOrNotAtAll()
    {
        int opened = 0;
        for (long call = 1; ; call++)
        {
            using PartitionEnvironment environment = PartitionEnvironment.Simulated(positional: false);
            Fill(environment);
            environment.Faults.Reset();
            environment.Faults.Fail(FaultKind.Allocate, call, FileSystemError.NoSpace);
            PartitionLog? log = null;
            Exception? refused = Record.Exception(
                () => log = environment.Open(clean: false).Open(settings: environment.Settings(CopyBytes)));
            bool fired = environment.Faults.Fired > 0;
            environment.Faults.Clear();
            if (log is null)
            {
                Assert.IsAssignableFrom<FileSystemException>(refused);
                log = environment.Open(clean: false).Open(settings: environment.Settings(CopyBytes));
            }
            else
            {
                opened += fired ? 1 : 0;
            }

            PartitionEnvironment.AssertNumbered(log, 0, Records);
            if (!fired)
            {
                break;
            }
        }

        // Where pages could not be made ready, or fewer of them would do.
        Assert.True(opened >= 2, $"only {opened} openings went on");
    }

    private static void Fill(PartitionEnvironment environment)
    {
        PartitionLog log = environment.Open().Open(settings: environment.Settings(SegmentBytes));
        PartitionEnvironment.AppendNumbered(log, Records, ValueBytes);
        Assert.Equal(0, log.DurableEnd);
    }
}
