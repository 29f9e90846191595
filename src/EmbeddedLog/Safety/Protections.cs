namespace EmbeddedLog.Safety;

/// <summary>
/// What keeps acknowledged records safe, each as a question that the code asks where the protection stands. In a build
/// with <c>SWITCHABLE_PROTECTIONS</c>, which Debug is, one of them can be taken out, so that the torture can show that
/// somebody notices. In every other build all are constants, and the questions leave nothing behind in the code.
/// </summary>
internal static class Protections
{
#if SWITCHABLE_PROTECTIONS
    /// <summary>
    /// What is taken out; null for nothing. Of this thread alone, since a simulated machine runs a whole log on one.
    /// </summary>
    [field: ThreadStatic]
    public static Protection? Without { get; set; }

    public static bool FrameCrc => Without != Protection.FrameCrc;

    public static bool FramePosition => Without != Protection.FramePosition;

    public static bool PublishOrder => Without != Protection.PublishOrder;

    public static bool DirectorySync => Without != Protection.DirectorySync;

    public static bool FlushBeforeCheckpoint => Without != Protection.FlushBeforeCheckpoint;

    public static bool PreviousSegmentFlush => Without != Protection.PreviousSegmentFlush;

    public static bool CommitEpoch => Without != Protection.CommitEpoch;

    public static bool Poisoning => Without != Protection.Poisoning;

    public static bool CopyOnUncleanOpen => Without != Protection.CopyOnUncleanOpen;
#else
    /// <summary>A frame counts only with the right checksum.</summary>
    public const bool FrameCrc = true;

    /// <summary>A frame's checksum covers where it stands, so that one that a disk has misplaced is no frame.</summary>
    public const bool FramePosition = true;

    /// <summary>A frame's length, which publishes it, is written after its body.</summary>
    public const bool PublishOrder = true;

    /// <summary>A record is not flushed before the names of the segments that lead to it are on the disk.</summary>
    public const bool DirectorySync = true;

    /// <summary>A checkpoint tells only of what a flush has put on the disk before.</summary>
    public const bool FlushBeforeCheckpoint = true;

    /// <summary>A record is not flushed before all segments before its own are.</summary>
    public const bool PreviousSegmentFlush = true;

    /// <summary>A committed offset is lowered to the end of its epoch, not to that of the log.</summary>
    public const bool CommitEpoch = true;

    /// <summary>After a flush that failed a partition acknowledges nothing more.</summary>
    public const bool Poisoning = true;

    /// <summary>What no checkpoint proves is copied before it counts, not only flushed where it lies.</summary>
    public const bool CopyOnUncleanOpen = true;
#endif
}
