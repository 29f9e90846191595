namespace EmbeddedLog;

/// <summary>What <see cref="CommitLog.VerifyAsync"/> has checked and found.</summary>
public sealed class VerifyReport
{
    /// <summary>The most findings that are kept; <see cref="FindingCount"/> counts all.</summary>
    public const int MaxFindings = 10_000;

    internal VerifyReport(IReadOnlyList<VerifyFinding> findings, long findingCount)
    {
        Findings = findings;
        FindingCount = findingCount;
    }

    /// <summary>Whether nothing was found.</summary>
    public bool IsIntact => FindingCount == 0;

    /// <summary>What was found, in the order in which it was met, up to <see cref="MaxFindings"/>.</summary>
    public IReadOnlyList<VerifyFinding> Findings { get; }

    /// <summary>How much was found.</summary>
    public long FindingCount { get; }

    /// <summary>How many partitions were checked, that of the committed offsets included.</summary>
    public int Partitions { get; internal init; }

    /// <summary>How many segments were checked to their ends.</summary>
    public int Segments { get; internal init; }

    /// <summary>How many segments retention, or the deletion of their topic, took away before they were done.</summary>
    public int RemovedSegments { get; internal init; }

    /// <summary>
    /// How many indexes were damaged and were made again. Indexes are derived and never flushed, so that a loss of
    /// power costs some: that is no finding.
    /// </summary>
    public int RebuiltIndexes { get; internal init; }

    /// <summary>How many frames are good; each holds a record or a batch of them.</summary>
    public long Frames { get; internal init; }

    /// <summary>How many records are in them.</summary>
    public long Records { get; internal init; }

    /// <summary>How many bytes of segments were checked.</summary>
    public long Bytes { get; internal init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; internal init; }
}
