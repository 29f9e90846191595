namespace EmbeddedLog.IO;

/// <summary>What has become of a directory that is open.</summary>
internal enum DirectoryPlace
{
    /// <summary>It stands where it was opened; or nobody can tell.</summary>
    Same,

    /// <summary>It was moved away: nothing stands there.</summary>
    Moved,

    /// <summary>It was moved away, and another one stands there.</summary>
    Another,

    /// <summary>It was removed, or what was in it was.</summary>
    Removed,
}
