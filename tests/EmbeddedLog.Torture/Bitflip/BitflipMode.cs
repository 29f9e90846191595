using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Torture.Bitflip;

/// <summary>
/// Damages one file of a log and opens it: either the log reports the damage and names the file, or all contents are as
/// they were. Records of a last flush that nothing else on the disk proves may be cut off as torn; such cases are
/// counted separately. In some cases the log's tools run on the damaged log too.
/// </summary>
internal sealed class BitflipMode : ITortureMode
{
    /// <summary>One case in so many is verified and salvaged.</summary>
    private const int CasesPerRepair = 16;

    public string Name => "bitflip";

    public string Description => "Every bit, every length, overwritten and missing: each file of a log, one at a time.";

    public string Unit => "bits";

    public long DefaultCount => 100_000;

    public async Task RunAsync(TortureRun run)
    {
        using (DamageCases cases = new())
        {
            run.Tell($"{cases.Count:N0} cases are all there are.");
        }

        Task[] workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(
            () => Work(run), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        await Task.WhenAll(workers);
    }

    private static void Work(TortureRun run)
    {
        using DamageCases cases = new();
        while (run.TryNext(out int seed))
        {
            (DamageFixture fixture, Damage damage) = cases[seed];
            (string outcome, string? fault) = Play(fixture, damage, seed);
            run.Add(outcome, 1);
            if (fault is null && seed % CasesPerRepair == 0)
            {
                RepairCheck repair = new(fixture, damage, seed);
                fault = repair.Verify() ?? repair.Salvage();
                run.Add("verified", repair.HasVerified ? 1 : 0);
                run.Add("salvaged", repair.HasSalvaged ? 1 : 0);
                run.Add("gone", repair.GoneRecords);
            }

            if (fault is not null)
            {
                run.Violation(seed, $"{fault}\nin the log that is {fixture}, with {damage}");
            }
        }
    }

    private static (string Outcome, string? Fault) Play(DamageFixture fixture, Damage damage, int seed)
    {
        using SimulatedDisk disk = fixture.Copy(seed);
        if (!damage.TryApply(new SimulatedFileSystem(disk)))
        {
            return ("unharmed", null);
        }

        (string outcome, string? fault) = Judge(fixture, damage, disk);
        if (fault is null && (disk.OpenFiles.Count > 0 || disk.LiveMaps.Count > 0 || disk.Violations.Count > 0))
        {
            fault = "Left open: " + string.Join(", ", disk.OpenFiles.Concat(disk.LiveMaps))
                + "; forbidden: " + string.Join(", ", disk.Violations);
        }

        return (outcome, fault);
    }

    /// <summary>The opening that has told it may have gone on without the partition. The next one must too.</summary>
    private static string? CheckThatItStaysTold(DamageFixture fixture, SimulatedDisk disk)
    {
        try
        {
            fixture.ReadAll(disk);
            return "The second opening does not tell what the first one has told.";
        }
        catch (Exception told) when (told is CorruptLogException or UnsupportedFormatException)
        {
            return null;
        }
    }

    private static (string Outcome, string? Fault) Judge(DamageFixture fixture, Damage damage, SimulatedDisk disk)
    {
        try
        {
            LogContents found = fixture.ReadAll(disk);
            if (LogContents.Difference(fixture.Contents, found) is not { } difference)
            {
                // A second opening finds what the first one recovered.
                return ("unharmed", LogContents.Difference(found, fixture.ReadAll(disk)));
            }

            bool torn = fixture.Ending == DamageEnding.PowerLostUnproven
                && found.IsPrefixOf(fixture.Contents, fixture.Proven);
            return torn ? ("ambiguous", null) : ("silent", $"The damage was not told. {difference}");
        }
        catch (Exception told) when (told is CorruptLogException or UnsupportedFormatException)
        {
            return ("told", ((EmbeddedLogException)told).File is null
                ? $"No file is named: {told.Message}"
                : CheckThatItStaysTold(fixture, disk));
        }
        catch (LogDirectoryException) when (damage.Path == $"{DamageFixture.Root}/session")
        {
            return ("told", null);
        }
#pragma warning disable CA1031 // Whatever else comes out of a damaged log is a violation.
        catch (Exception other)
#pragma warning restore CA1031
        {
            return ("failed", $"Something else than an error of the log came out of it: {other}");
        }
    }
}
