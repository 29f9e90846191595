using System.Runtime.Versioning;
using EmbeddedLog.IO;
using EmbeddedLog.IO.Linux;
using EmbeddedLog.IO.Unix;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Tests.IO;

/// <summary>
/// Replaces each file that it has opened, the first few times: what a race between two openers looks like.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class ReplacingFileSystem(int replacements) : UnixFileSystem
{
    private readonly LinuxFileSystem _real = new();

    /// <summary>How many files were opened.</summary>
    public int Opened { get; private set; }

    public override SafeFileHandle OpenHandle(string path, FileOpening opening)
    {
        SafeFileHandle handle = _real.OpenHandle(path, opening);
        if (Opened++ < replacements)
        {
            File.WriteAllText(path + ".new", "");
            File.Move(path + ".new", path, overwrite: true);
        }

        return handle;
    }

    public override FileSystemTraits GetTraits(string directory) => _real.GetTraits(directory);

    public override CacheIdentity GetCacheIdentity(string directory) => _real.GetCacheIdentity(directory);

    public override SafeFileHandle OpenDirectory(string path) => _real.OpenDirectory(path);

    public override UnixFileStatus GetStatus(SafeFileHandle file, string path) => _real.GetStatus(file, path);

    private protected override UnixFileStatus? FindStatus(UnixPath place, string path, bool isLinkItself) =>
        _real.FindStatus(path);

    private protected override UnixFileSystem Copy() => throw new NotSupportedException();

    private protected override long SyncDirectory(SafeFileHandle directory) => throw new NotSupportedException();

    private protected override LogFile WrapFile(
        SafeFileHandle handle, string path, UnixFileStatus status, FileOpening opening) =>
        throw new NotSupportedException();
}
