using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Comparison.Spread;

/// <summary>One call for the whole file system.</summary>
internal sealed class FileSystemFlusher(string directory) : IGroupFlusher
{
    public void Flush(SafeFileHandle[] files) => Posix.SyncFileSystem(directory);

    public void Dispose()
    {
    }
}
