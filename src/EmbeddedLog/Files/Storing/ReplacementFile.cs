using EmbeddedLog.IO;


namespace EmbeddedLog.Files.Storing;

/// <summary>
/// A file that takes another's place, or a free one, in one step that a crash cannot cut in two: written under a name
/// of its own, flushed, renamed, directory synced. Disposed before the renaming, it leaves nothing behind.
/// </summary>
internal sealed class ReplacementFile : IDisposable
{
    private readonly FileSystem _files;
    private readonly string _path;
    private readonly string _unfinishedPath;

    /// <summary>Null once it is closed.</summary>
    private LogFile? _file;

    private long _length;
    private bool _renamed;

    private ReplacementFile(FileSystem files, string path, string unfinishedPath, LogFile file)
    {
        _files = files;
        _path = path;
        _unfinishedPath = unfinishedPath;
        _file = file;
    }

    /// <summary>Begins a file that is to stand at <paramref name="path"/>.</summary>
    public static ReplacementFile Begin(FileSystem files, string path)
    {
        string unfinishedPath = path + StoredFile.UnfinishedSuffix;
        files.DeleteFile(unfinishedPath);
        return new ReplacementFile(
            files, path, unfinishedPath, files.OpenFile(unfinishedPath, FileOpening.CreateNew));
    }

    /// <summary>Writes behind what was written before.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        _file!.Write(bytes, _length);
        _length += bytes.Length;
    }

    /// <summary>Writes over what was written before, or somewhere behind it.</summary>
    public void WriteAt(ReadOnlySpan<byte> bytes, long position)
    {
        _file!.Write(bytes, position);
        _length = Math.Max(_length, position + bytes.Length);
    }

    /// <summary>
    /// Makes the contents durable. Without this, the new name can survive a crash that its contents do not.
    /// </summary>
    public void FlushAndClose()
    {
        _file!.Flush(0, _length);
        Close();
    }

    /// <summary>Closes the file; what was written is in the cache.</summary>
    public void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    /// <summary>Puts the file in its place; when it throws, what stood there still does.</summary>
    public void Rename()
    {
        _files.Rename(_unfinishedPath, _path);
        _renamed = true;
    }

    /// <summary>Makes the renaming durable.</summary>
    public void SyncDirectory() => _files.SyncDirectory(Path.GetDirectoryName(_path)!);

    public void Dispose()
    {
        Close();
        if (_renamed)
        {
            return;
        }

        try
        {
            _files.DeleteFile(_unfinishedPath);
        }
        catch (FileSystemException)
        {
            // What made the caller give up matters more, and the next attempt deletes the file first.
        }
    }
}
