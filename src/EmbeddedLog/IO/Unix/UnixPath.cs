using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Unix;

/// <summary>A path as the system is asked for it: from a directory that is open, or from the root.</summary>
/// <param name="Directory">The directory that a relative path begins at; an absolute one passes it over.</param>
/// <param name="Path">The path.</param>
internal readonly record struct UnixPath(SafeFileHandle Directory, string Path)
{
    /// <summary>AT_FDCWD: the process's own directory, which no absolute path looks at.</summary>
    private static readonly SafeFileHandle s_current = new(OperatingSystem.IsMacOS() ? -2 : -100, ownsHandle: false);

    /// <summary>A path from the root.</summary>
    public static UnixPath Absolute(string path) => new(s_current, path);
}
