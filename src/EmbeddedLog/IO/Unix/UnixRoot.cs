using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Unix;

/// <summary>
/// A directory that paths below it begin at. They lead to its files wherever it has been moved, and never to another
/// directory that has taken its place.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class UnixRoot(string path, SafeFileHandle handle) : IDisposable
{
    private readonly string _prefix = path.EndsWith('/') ? path : path + "/";

    /// <summary>The path that it was opened by.</summary>
    public string Path { get; } = path;

    /// <summary>The directory itself.</summary>
    public SafeFileHandle Handle { get; } = handle;

    /// <summary>A path as seen from here, where it leads here.</summary>
    public UnixPath Find(string path)
    {
        if (path.StartsWith(_prefix, StringComparison.Ordinal) && path.Length > _prefix.Length)
        {
            return new UnixPath(Handle, path[_prefix.Length..]);
        }

        return path == Path || path == _prefix ? new UnixPath(Handle, ".") : UnixPath.Absolute(path);
    }

    public void Dispose() => Handle.Dispose();
}
