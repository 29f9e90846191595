using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Unix;

/// <summary>
/// An open directory at which paths below it begin. They lead to its files wherever it was moved, and never to another
/// directory at its old path.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class UnixRoot(string path, SafeFileHandle handle) : IDisposable
{
    private readonly string _prefix = path.EndsWith('/') ? path : path + "/";

    /// <summary>The path by which it was opened.</summary>
    public string Path { get; } = path;

    /// <summary>The directory itself.</summary>
    public SafeFileHandle Handle { get; } = handle;

    /// <summary>A path relative to this directory, if it is below it.</summary>
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
