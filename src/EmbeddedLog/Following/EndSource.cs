namespace EmbeddedLog.Following;

/// <summary>The source of a partition's end for a follower.</summary>
internal enum EndSource
{
    /// <summary>The checkpoint of a log that was closed cleanly.</summary>
    Checkpoint,

    /// <summary>The partition's slot in the control file.</summary>
    Slot,

    /// <summary>The records, up to the first that is not good.</summary>
    Records,
}
