namespace EmbeddedLog.Safety;

/// <summary>What a test can take out, one at a time, see <see cref="Protections"/>.</summary>
internal enum Protection
{
    /// <summary>A frame counts only with the right checksum.</summary>
    FrameCrc,

    /// <summary>A frame's checksum covers where it stands, so that one that a disk has misplaced is no frame.</summary>
    FramePosition,

    /// <summary>A frame's length, which publishes it, is written after its body.</summary>
    PublishOrder,

    /// <summary>A record is not flushed before the names of the segments that lead to it are on the disk.</summary>
    DirectorySync,

    /// <summary>A checkpoint tells only of what a flush has put on the disk before.</summary>
    FlushBeforeCheckpoint,

    /// <summary>A record is not flushed before all segments before its own are.</summary>
    PreviousSegmentFlush,

    /// <summary>A committed offset is lowered to the end of its epoch, not to that of the log.</summary>
    CommitEpoch,

    /// <summary>After a flush that failed a partition acknowledges nothing more.</summary>
    Poisoning,

    /// <summary>What no checkpoint proves is copied before it counts, not only flushed where it lies.</summary>
    CopyOnUncleanOpen,
}
