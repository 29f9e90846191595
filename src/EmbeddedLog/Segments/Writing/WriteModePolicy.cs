using EmbeddedLog.IO;

namespace EmbeddedLog.Segments.Writing;

/// <summary>
/// Decides whether a partition's segments are written through a map or by positional writes: a store to a page that has
/// no place on the disk would end the process. What is on the disk is the same in both, so it is decided at each
/// opening: the directory may have moved to another file system.
/// </summary>
internal static class WriteModePolicy
{
    /// <summary>Whether segments are written by positional writes.</summary>
    /// <param name="mode">What the topic's options say.</param>
    /// <param name="traits">What the log's file system can do.</param>
    public static bool IsPositional(WriteMode mode, FileSystemTraits traits) =>
        mode == WriteMode.Positional || !traits.CanMap;
}
