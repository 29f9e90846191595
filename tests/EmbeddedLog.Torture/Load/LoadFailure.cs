namespace EmbeddedLog.Torture.Load;

/// <summary>Why a call failed.</summary>
internal enum LoadFailure : byte
{
    /// <summary>The call did not fail.</summary>
    None,

    /// <summary>There is no space.</summary>
    DiskFull,

    /// <summary>A flush of the partition has failed.</summary>
    PartitionFailed,

    /// <summary>The log was closed meanwhile.</summary>
    Closed,

    /// <summary>The process has no file handle or no map left.</summary>
    NoHandles,

    /// <summary>The log's directory was removed or replaced.</summary>
    DirectoryGone,

    /// <summary>A file of the log is missing.</summary>
    FileGone,

    /// <summary>Another exception of the library.</summary>
    Other,
}
