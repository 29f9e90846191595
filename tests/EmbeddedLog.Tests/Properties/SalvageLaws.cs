using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Maintenance.Salvaging;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties;

/// <summary>
/// The law of a salvage: whatever was done to a partition's segments and its checkpoint, it keeps exactly the frames
/// that are still what was written, and tells exactly the other offsets.
/// </summary>
public sealed class SalvageLaws
{
    private int _changed;
    private int _unchanged;

    [Fact]
    public void ASalvageKeepsWhatIsGoodAndTellsExactlyWhatIsGone()
    {
        Prop.ForAll(Gen.Choose(1, int.MaxValue - 1).ToArbitrary(), Play)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(400));
        Assert.True(_changed > 100 && _unchanged > 5, $"changed {_changed}, unchanged {_unchanged}");
    }

    [Fact]
    public void ASalvageCutShortAnywhereLeavesTheDamagedOrTheSalvagedPartition()
    {
        for (int seed = 1; seed <= 12; seed++)
        {
            bool done = false;
            for (int mutation = 1; !done; mutation++)
            {
                foreach (CrashKind kind in new[] { CrashKind.ProcessKill, CrashKind.PowerLoss })
                {
                    done = PlayCrash(seed, mutation, kind);
                }
            }
        }
    }

    [Fact]
    public void ASalvageOfWhichACallFailsLeavesTheDamagedOrTheSalvagedPartition()
    {
        foreach (FaultKind fault in Enum.GetValues<FaultKind>())
        {
            bool fired = true;
            for (int call = 1; fired && call < 200; call++)
            {
                fired = PlayFault(fault, call);
            }
        }
    }

    [Fact]
    public void ASalvageOfWhatACrashHasTornChangesNothing()
    {
        int torn = 0;
        Prop.ForAll(Gen.Choose(1, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            Random random = new(seed);
            CrashKind ending = random.Next(2) == 0 ? CrashKind.ProcessKill : CrashKind.PowerLoss;
            using SalvageFixture fixture = SalvageFixture.Make(random, 100, ending, unproven: random.Next(1, 150));
            SalvageReport report = fixture.Salvage();
            Assert.False(report.HasChanged);
            Assert.Empty(report.Gone);

            CommitLog log = fixture.Open();
            Assert.Equal(report.EndOffset, log.GetTopic("topic")[0].EndOffset);
            Assert.Equal(report.KeptRecords, SalvageFixture.ReadAll(log).Count);
            torn += log.Recovery.TornBytes > 0 ? 1 : 0;
            fixture.Close(log);
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));
        Assert.True(torn > 5, $"{torn} were torn");
    }

    private bool Play(int seed)
    {
        Random random = new(seed);
        CrashKind? ending = random.Next(4) switch
        {
            0 => CrashKind.ProcessKill,
            1 => CrashKind.PowerLoss,
            _ => null,
        };
        using SalvageFixture fixture = SalvageFixture.Make(random, random.Next(20, 300), ending);
        for (int harms = random.Next(1, 6); harms > 0; harms--)
        {
            fixture.Harm(random);
        }

        List<long> kept = fixture.FindKept();
        SalvageReport report = fixture.Salvage();
        fixture.AssertNothingOpen();
        _changed += report.HasChanged ? 1 : 0;
        _unchanged += report.HasChanged ? 0 : 1;

        // Behind the last good frame only a checkpoint tells what there was.
        if (report.EndIsCertain && ending is null && !report.HasNewCheckpoint)
        {
            Assert.Equal(fixture.End, report.EndOffset);
        }

        Assert.InRange(report.EndOffset, kept.Count == 0 ? fixture.Start : kept[^1] + 1, fixture.End);
        Assert.Equal(fixture.Start, report.StartOffset);
        Assert.Equal(SalvageFixture.Complement(kept, fixture.Start, report.EndOffset), report.Gone);
        Assert.Equal(kept.Count, report.KeptRecords);
        Assert.Empty(report.EarlierGaps);
        Check(fixture, kept, report.Gone, report.EndOffset);
        return true;
    }

    /// <summary>What must hold of a partition that was salvaged.</summary>
    private static void Check(
        SalvageFixture fixture, List<long> kept, IReadOnlyList<OffsetRange> gone, long end)
    {
        SalvageReport again = fixture.Salvage();
        Assert.False(again.HasChanged);
        Assert.Empty(again.Gone);
        Assert.Equal(gone, again.EarlierGaps);
        Assert.Null(again.EvidenceDirectory);

        for (int opening = 0; opening < 4; opening++)
        {
            CommitLog log = fixture.Open();
            Assert.Equal(kept, SalvageFixture.ReadAll(log));
            Assert.Equal(end, log.GetTopic("topic")[0].EndOffset);
            VerifyReport verified = fixture.Machine.Run(() => log.VerifyAsync().AsTask());

            // One of a checkpoint's two slots may be bad, as after any crash, and is what is written next.
            Assert.DoesNotContain(verified.Findings, finding =>
                !(finding.IsHarmless && finding.File.EndsWith("checkpoint", StringComparison.Ordinal)));
            long added = opening == 1 ? 200 : 1;
            PartitionLog partition = log.GetTopic("topic")[0].Log;
            PartitionEnvironment.AppendNumbered(partition, end + added);
            kept = [.. kept, .. Enumerable.Range((int)end, (int)added)];
            end += added;

            // What retention removes goes from a list whose sequences are out of order.
            fixture.Machine.Run(log.FlushAsync());
            partition.DeleteBefore(opening * (end / 4));
            kept.RemoveAll(offset => offset < partition.StartOffset);
            fixture.Machine.Scheduler.RunUntilIdle();
            fixture.Close(log);
        }
    }

    private static bool PlayCrash(int seed, int mutation, CrashKind kind)
    {
        Random random = new(seed);
        using SalvageFixture fixture = SalvageFixture.Make(random, 150);
        fixture.Harm(random);
        fixture.Harm(random);
        List<long> kept = fixture.FindKept();
        fixture.Machine.Disk.CrashAtMutation(fixture.Machine.Disk.Counters.Mutations + mutation);
        bool done = Record.Exception(() => fixture.Salvage()) is null;
        fixture.Crash(kind);
        CheckAfterwards(fixture, kept, $"seed {seed}, {kind} at {mutation}");
        return done;
    }

    private static bool PlayFault(FaultKind kind, int call)
    {
        Random random = new(call);
        using SalvageFixture fixture = SalvageFixture.Make(random, 100);
        fixture.Harm(random);
        fixture.Harm(random);
        List<long> kept = fixture.FindKept();
        FaultingFileSystem faults = new(fixture.Files);
        faults.Fail(kind, call, FileSystemError.NoSpace);
        Exception? told = Record.Exception(
            () => fixture.Salvage(fixture.Machine.Platform with { Files = faults }));
        Assert.True(told is null or EmbeddedLogException, $"{told}");
        fixture.AssertNothingOpen();
        CheckAfterwards(fixture, kept, $"call {call} of {kind} failed");
        return faults.Fired > 0;
    }

    private static void CheckAfterwards(SalvageFixture fixture, List<long> kept, string what)
    {
        CommitLog? log = null;
        Exception? refused = Record.Exception(() => log = fixture.Open());
        Assert.True(refused is null or CorruptLogException, $"{what}: {refused}");
        if (log is not null)
        {
            // Whatever opens is either as damaged as it was, which reading tells, or has all that could be kept.
            Exception? told = Record.Exception(() => Assert.Equal(kept, SalvageFixture.ReadAll(log)));
            Assert.True(told is null or CorruptLogException, $"{what}: {told}");
            fixture.Close(log);
        }

        SalvageReport report = fixture.Salvage();
        IEnumerable<OffsetRange> all = report.Gone.Concat(report.EarlierGaps).OrderBy(range => range.First);
        List<OffsetRange> gone = SalvageFixture.Complement(kept, fixture.Start, report.EndOffset);
        Assert.True(gone.SequenceEqual(all), $"{what}: {string.Join(", ", all)} instead of {string.Join(", ", gone)}");
        Check(fixture, kept, gone, report.EndOffset);
    }
}
