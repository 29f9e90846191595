namespace EmbeddedLog.Torture.Load;

/// <summary>Why something was refused or did not come to an end.</summary>
internal enum LoadFailure : byte
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>There is no space.</summary>
    DiskFull,

    /// <summary>A flush of the partition has failed.</summary>
    PartitionFailed,

    /// <summary>The log was closed meanwhile.</summary>
    Closed,

    /// <summary>Another exception of the library.</summary>
    Other,
}
