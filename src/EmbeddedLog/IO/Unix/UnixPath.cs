using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Unix;

/// <summary>A path as system calls take it: from an open directory, or from the root.</summary>
/// <param name="Directory">The directory at which a relative path begins; ignored for an absolute path.</param>
/// <param name="Path">The path.</param>
internal readonly record struct UnixPath(SafeFileHandle Directory, string Path)
{
    /// <summary>AT_FDCWD: the process's own directory, which an absolute path does not use.</summary>
    private static readonly SafeFileHandle s_current = new(OperatingSystem.IsMacOS() ? -2 : -100, ownsHandle: false);

    /// <summary>A path from the root.</summary>
    public static UnixPath Absolute(string path) => new(s_current, path);
}
