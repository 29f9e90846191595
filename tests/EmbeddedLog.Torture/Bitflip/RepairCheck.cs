using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Torture.Bitflip;

/// <summary>
/// Runs the log's tools on a damaged log. A verification must find every damage that a read reports; a salvage must
/// keep records unchanged at their offsets and report all others as gone.
/// </summary>
internal sealed class RepairCheck(DamageFixture fixture, Damage damage, int seed)
{
    private SimulatedPlatform Machine => fixture.Machine;

    /// <summary>Whether the log could be opened and verified.</summary>
    public bool HasVerified { get; private set; }

    /// <summary>Whether a salvage has changed something.</summary>
    public bool HasSalvaged { get; private set; }

    /// <summary>How many offsets the salvage reported as gone.</summary>
    public long GoneRecords { get; private set; }

    /// <summary>Verifies the log; returns what went wrong.</summary>
    public string? Verify() => OnDamagedDisk((disk, platform) =>
    {
        if (Told(() => WithLog(platform, _ => null)) is not null)
        {
            // It is of the whole log, which the opening reports.
            return null;
        }

        HasVerified = true;
        return WithLog(platform, log =>
        {
            VerifyReport report = Machine.Run(() => log.VerifyAsync().AsTask());
            return Told(() => LogContents.Read(Machine, log, DamageFixture.Group)) is { } told
                && report.Findings.All(finding => finding.IsHarmless)
                    ? $"The verification has missed what a read tells: {told.Message}"
                    : null;
        });
    });

    /// <summary>Salvages the partition whose damage is reported; returns what went wrong.</summary>
    public string? Salvage() => OnDamagedDisk((disk, platform) =>
    {
        if (Told(() => fixture.ReadAll(disk)) is not CorruptLogException { Topic: { } topic, Partition: { } number })
        {
            return null;
        }

        TopicPartition partition = new(topic, number);
        SalvageReport report;
        try
        {
            report = Machine.Run(() => SalvageOpening.RunAsync(
                DamageFixture.Root, partition, new SalvageOptions(), platform, CancellationToken.None).AsTask());
        }
        catch (EmbeddedLogException)
        {
            // The files that list the partition's files are damaged.
            return null;
        }

        HasSalvaged = report.HasChanged;
        GoneRecords = report.Gone.Sum(range => range.Count);
        if (!report.HasChanged)
        {
            return CompareUnchanged(disk);
        }

        return fixture.Contents.Of(partition) is { } before
            ? WithLog(platform, log => Compare(before, log.GetTopic(topic)[number], report))
            : null;
    });

    /// <summary>Where a salvage has found nothing to do, the damage is still told, or nothing is lost.</summary>
    private string? CompareUnchanged(SimulatedDisk disk)
    {
        LogContents? found = null;
        return Told(() => found = fixture.ReadAll(disk)) is null
            && LogContents.Difference(fixture.Contents, found!) is { } difference
            && !(fixture.Ending == DamageEnding.PowerLostUnproven
                && found!.IsPrefixOf(fixture.Contents, fixture.Proven))
                ? $"The salvage has changed nothing, and the damage is not told any more. {difference}"
                : null;
    }

    private static EmbeddedLogException? Told<T>(Func<T> play)
    {
        try
        {
            play();
            return null;
        }
        catch (EmbeddedLogException told)
        {
            return told;
        }
    }

    private string? Compare(PartitionContents before, OwnedPartition partition, SalvageReport report)
    {
        Dictionary<long, uint> found = PartitionContents.ReadWithGaps(partition);
        foreach ((long offset, uint checksum) in found)
        {
            if (before.At(offset) != checksum)
            {
                return $"The salvage has left another record at offset {offset}.";
            }
        }

        OffsetRange[] gone = [.. report.Gone, .. report.EarlierGaps];
        for (long offset = report.StartOffset; offset < report.EndOffset; offset++)
        {
            bool told = gone.Any(range => offset >= range.First && offset < range.End);
            if (told == found.ContainsKey(offset))
            {
                return $"Offset {offset} is {(told ? "there and told to be gone" : "gone and not told")}.";
            }
        }

        return fixture.Ending == DamageEnding.Closed && report.EndIsCertain && report.EndOffset != before.End
            ? $"The salvage is certain of the end {report.EndOffset}, which was {before.End}."
            : null;
    }

    /// <summary>Plays on a copy of the disk of its own, with the same damage.</summary>
    private string? OnDamagedDisk(Func<SimulatedDisk, Platform, string?> body)
    {
        using SimulatedDisk disk = fixture.Copy(seed);
        SimulatedFileSystem files = new(disk);
        if (!damage.TryApply(files))
        {
            return null;
        }

        try
        {
            return body(disk, Machine.Platform with { Files = files });
        }
#pragma warning disable CA1031 // Whatever else comes out of a tool is a violation.
        catch (Exception other)
#pragma warning restore CA1031
        {
            return $"A tool has failed with something that it should not: {other}";
        }
    }

    private string? WithLog(Platform platform, Func<CommitLog, string?> body)
    {
        CommitLog log = Machine.Run(() => DamageFixture.OpenAsync(platform).AsTask());
        try
        {
            return body(log);
        }
        finally
        {
            Machine.Run(log.DisposeAsync());
            Machine.Scheduler.RunUntilIdle();
        }
    }
}
