namespace EmbeddedLog;

/// <summary>The result of <see cref="CommitLog.VerifyAsync"/>.</summary>
public sealed class VerifyReport
{
    /// <summary>The most findings that are kept; <see cref="FindingCount"/> counts all.</summary>
    public const int MaxFindings = 10_000;

    internal VerifyReport(IReadOnlyList<VerifyFinding> findings, long findingCount)
    {
        Findings = findings;
        FindingCount = findingCount;
    }

    /// <summary>Whether there are no findings.</summary>
    public bool IsIntact => FindingCount == 0;

    /// <summary>The findings, in the order in which they were found, up to <see cref="MaxFindings"/>.</summary>
    public IReadOnlyList<VerifyFinding> Findings { get; }

    /// <summary>The number of findings.</summary>
    public long FindingCount { get; }

    /// <summary>How many partitions were checked, that of the committed offsets included.</summary>
    public int Partitions { get; internal init; }

    /// <summary>How many segments were checked to their ends.</summary>
    public int Segments { get; internal init; }

    /// <summary>
    /// How many segments retention, or the deletion of their topic, removed before the check was done.
    /// </summary>
    public int RemovedSegments { get; internal init; }

    /// <summary>
    /// How many indexes were damaged and were made again. Indexes are derived and never flushed, so a loss of power may
    /// damage some. That is not a finding.
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
