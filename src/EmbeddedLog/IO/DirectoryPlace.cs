namespace EmbeddedLog.IO;

/// <summary>The present place of an open directory.</summary>
internal enum DirectoryPlace
{
    /// <summary>It is where it was opened, or its place is unknown.</summary>
    Same,

    /// <summary>It was moved away. Its old path does not exist.</summary>
    Moved,

    /// <summary>It was moved away, and its old path leads to another directory.</summary>
    Another,

    /// <summary>It, or its contents, was removed.</summary>
    Removed,
}
