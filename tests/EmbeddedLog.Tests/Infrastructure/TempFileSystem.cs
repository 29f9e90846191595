using EmbeddedLog.IO;
using EmbeddedLog.IO.Linux;
using EmbeddedLog.Opening;

namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>What the file system of temporary files cannot do, wherever TMPDIR puts them.</summary>
internal static class TempFileSystem
{
    private static readonly FileSystemTraits s_traits =
        RealPlatform.Create(TimeProvider.System).Files.GetTraits(Path.GetTempPath());

    /// <summary>Skips the running test where a copy of a log is not told from the log.</summary>
    public static void RequireNumbers() =>
        Assert.SkipWhen(s_traits.Name is "overlay" or "fuse", "A directory has no lasting number on this file system.");

    /// <summary>Skips the running test where a directory with open files cannot be removed.</summary>
    public static void RequireRemovalOfOpenFiles() =>
        Assert.SkipWhen(s_traits.Name == "fuse", "FUSE keeps an open file in its directory, under another name.");

    /// <summary>Skips the running test if it maps files of a real file system on which the library would not.</summary>
    public static void RequireSpaceToMap(FileSystem files) =>
        Assert.SkipWhen(
            files is LinuxFileSystem && !s_traits.CanAllocate,
            "Nothing is mapped on a file system that reserves no space.");
}
