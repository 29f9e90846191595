using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Testing.Model;

/// <summary>Counts of the events in programs. Laws check them, to be sure that they tested something.</summary>
internal sealed class ModelStatistics
{
    public long Programs { get; set; }

    public long RecordsAppended { get; set; }

    public long RecordsRead { get; set; }

    public long Kills { get; set; }

    public long PowerLosses { get; set; }

    public long Remounts { get; set; }

    /// <summary>Recoveries that another crash interrupted.</summary>
    public long CrashedRecoveries { get; set; }

    public long CleanReopenings { get; set; }

    /// <summary>Records that recoveries copied.</summary>
    public long RecordsCopied { get; set; }

    /// <summary>Records that were rightly lost: not acknowledged at the level that survives.</summary>
    public long RecordsLost { get; set; }

    /// <summary>Recoveries that found a torn end.</summary>
    public long TornTails { get; set; }

    public long SegmentsRemoved { get; set; }

    public long PoisonedPartitions { get; set; }

    public long RefusedForSpace { get; set; }

    /// <summary>Openings that rightly reported damage, after a flush that lied.</summary>
    public long ToldOfDamage { get; set; }

    /// <summary>Offsets that groups committed.</summary>
    public long Commits { get; set; }

    /// <summary>How often retention moved a log's start.</summary>
    public long Retained { get; set; }

    public long TopicsCreated { get; set; }

    public long TopicsDeleted { get; set; }

    public long PartitionsAdded { get; set; }

    /// <summary>Openings after an addition that did not come to its end: with the new partitions.</summary>
    public long AdditionsKept { get; set; }

    /// <summary>The same, without them.</summary>
    public long AdditionsLost { get; set; }

    /// <summary>Sectors of segments that were overwritten by others of the same segment.</summary>
    public long Misplaced { get; set; }

    /// <summary>All ends of a machine's life together.</summary>
    public long CrashedStates => Kills + PowerLosses + Remounts;

    public override string ToString() => string.Join(
        ' ',
        GetType().GetProperties().Select(property => $"{property.Name}={property.GetValue(this)}"));

    /// <summary>Counts the end of a machine's life.</summary>
    public void Count(CrashKind kind)
    {
        Kills += kind == CrashKind.ProcessKill ? 1 : 0;
        Remounts += kind == CrashKind.Remount ? 1 : 0;
        PowerLosses += kind == CrashKind.PowerLoss ? 1 : 0;
    }
}
