namespace EmbeddedLog.Safety;

/// <summary>The protections that a test can take out, one at a time; see <see cref="Protections"/>.</summary>
internal enum Protection
{
    /// <summary>A frame is valid only with the right checksum.</summary>
    FrameCrc,

    /// <summary>A frame's checksum covers its position, so that a frame at another place is not valid.</summary>
    FramePosition,

    /// <summary>A frame's length, which publishes it, is written after its body.</summary>
    PublishOrder,

    /// <summary>A record counts as flushed only when the names of the segments up to it are on the disk.</summary>
    DirectorySync,

    /// <summary>A checkpoint covers only bytes that an earlier flush has put on the disk.</summary>
    FlushBeforeCheckpoint,

    /// <summary>A record counts as flushed only when all earlier segments are flushed.</summary>
    PreviousSegmentFlush,

    /// <summary>A committed offset is lowered to the end of its epoch, not to that of the log.</summary>
    CommitEpoch,

    /// <summary>After a failed flush a partition acknowledges nothing more.</summary>
    Poisoning,

    /// <summary>Records that no checkpoint proves are copied before they count, not only flushed in place.</summary>
    CopyOnUncleanOpen,
}
