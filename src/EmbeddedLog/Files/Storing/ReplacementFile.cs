using EmbeddedLog.IO;

namespace EmbeddedLog.Files.Storing;

/// <summary>
/// A file that replaces another one, or takes a free name, in one atomic step: written under a name of its own,
/// flushed, renamed, directory synced. If it is disposed before the renaming, it leaves nothing behind.
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

    /// <summary>Begins a file for <paramref name="path"/>.</summary>
    public static ReplacementFile Begin(FileSystem files, string path)
    {
        string unfinishedPath = path + StoredFile.UnfinishedSuffix;
        files.DeleteFile(unfinishedPath);
        return new ReplacementFile(
            files, path, unfinishedPath, files.OpenFile(unfinishedPath, FileOpening.CreateNew));
    }

    /// <summary>Writes at the end.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        _file!.Write(bytes, _length);
        _length += bytes.Length;
    }

    /// <summary>Writes at a position, over earlier bytes or behind them.</summary>
    public void WriteAt(ReadOnlySpan<byte> bytes, long position)
    {
        _file!.Write(bytes, position);
        _length = Math.Max(_length, position + bytes.Length);
    }

    /// <summary>
    /// Makes the contents durable. Without this, a crash may leave the new name without its contents.
    /// </summary>
    public void FlushAndClose()
    {
        _file!.Flush(0, _length);
        Close();
    }

    /// <summary>Closes the file without a flush.</summary>
    public void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    /// <summary>Renames the file to its path; when it throws, an old file is still there.</summary>
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
            // The exception that made the caller give up matters more, and the next attempt deletes the file first.
        }
    }
}
