namespace EmbeddedLog.Format;

/// <summary>
/// The greatest numbers that a file may hold. No log comes near them, so a greater number is damaged or forged.
/// Counting up from a smaller one cannot overflow. See FORMAT.md, "Limits".
/// </summary>
internal static class FormatLimits
{
    /// <summary>The size of the largest segment file, in bytes.</summary>
    public const long MaxSegmentBytes = 1L << 30;

    /// <summary>The greatest offset at which a segment or a log begins, or a checkpoint ends.</summary>
    public const long MaxOffset = 1L << 62;

    /// <summary>The greatest sequence number of a segment.</summary>
    public const uint MaxSequence = int.MaxValue;

    /// <summary>The greatest epoch, and the greatest generation of a session, from which epochs are counted.</summary>
    public const uint MaxEpoch = int.MaxValue;

    /// <summary>The greatest generation of a page.</summary>
    public const ulong MaxGeneration = long.MaxValue;
}
