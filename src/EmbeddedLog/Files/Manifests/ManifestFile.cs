using System.Runtime.ExceptionServices;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;

namespace EmbeddedLog.Files.Manifests;

/// <summary>
/// The file beneath a manifest: its descriptor, and what of it is not known to be on the disk. It goes by the
/// manifest's two locks; see <see cref="Manifest"/>.
/// </summary>
internal sealed class ManifestFile : IDisposable
{
    private readonly FileSystem _files;

    /// <summary>The manifest's.</summary>
    private readonly Lock _gate;

    /// <summary>Replaced under both locks; used under either. Null until it is opened, under the gate.</summary>
    private LogFile? _file;

    /// <summary>Whether the name of a replacement may not be on the disk. Under the lock of flushing.</summary>
    private bool _nameUnsynced;

    /// <summary>
    /// The bytes that were read, where they may be in the page cache alone: taken for written since a flush failed, so
    /// that no flush of ours would write them. The first flush writes them again, in place, since a full disk must not
    /// keep retention from making room. Null once they are on the disk. Under the lock of flushing.
    /// </summary>
    private byte[]? _unproven;

    /// <summary>What ended all writing. Written under both locks, read under either.</summary>
    private ExceptionDispatchInfo? _failure;

    public ManifestFile(FileSystem files, string path, Lock gate)
    {
        _files = files;
        _gate = gate;
        Path = path;
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>Whether a flush has failed, after which nothing is written any more.</summary>
    public bool HasFailed => Volatile.Read(ref _failure) is not null;

    /// <summary>Makes the file of an empty manifest, durably.</summary>
    public static void Create(FileSystem files, string path, in ManifestHeader header)
    {
        Span<byte> bytes = stackalloc byte[ManifestHeader.Bytes];
        header.Write(bytes);
        StoredFile.Create(files, path, bytes);
    }

    /// <summary>Throws what ended all writing.</summary>
    public void ThrowIfFailed() => _failure?.Throw();

    /// <summary>The file, opened again where it was replaced. The caller holds the gate.</summary>
    public LogFile OpenUnsynchronized() => _file ??= _files.OpenFile(Path, FileOpening.ReadWrite);

    /// <summary>Whether the file is where it belongs. The caller holds the gate.</summary>
    public bool IsInPlaceUnsynchronized() => _file is null || _files.IsInPlace(_file);

    /// <summary>Writes a record behind the others. The caller holds the gate.</summary>
    public void WriteUnsynchronized(ReadOnlySpan<byte> bytes, long end)
    {
        LogFile file = OpenUnsynchronized();
        try
        {
            file.Write(bytes, end);
        }
        catch
        {
            // Part of a record would pass for damage where the page cache survives. The next record would overwrite it;
            // this is for the case that there is none.
            StoredFile.TryCutOff(file, end);
            throw;
        }
    }

    /// <summary>Has the first flush write what was read. Called by the opening, which is alone.</summary>
    public void WriteAgainFirst(byte[] image) => _unproven = image;

    /// <summary>
    /// Brings the file to the disk, up to an end. The caller holds the lock of flushing and not the gate.
    /// </summary>
    public void Flush(LogFile file, long end)
    {
        if (_unproven is not null)
        {
            file.Write(_unproven, 0);
        }

        try
        {
            file.Flush(0, end);

            // A platform that lets other work in during a flush, on the same thread, lets it through the lock as well.
            // A flush that has failed there has taken from this one what it should have written.
            _failure?.Throw();
            if (_unproven is not null || _nameUnsynced)
            {
                // Whoever made the file may have died before its name was on the disk.
                _files.SyncDirectory(System.IO.Path.GetDirectoryName(Path)!);
            }
        }
        catch (Exception exception) when (exception is not FileSystemException { IsFailedFlush: false })
        {
            Fail(exception);
            throw;
        }

        _unproven = null;
        _nameUnsynced = false;
    }

    /// <summary>
    /// Puts another file in this one's place; closes it first, because not every system renames over a file that is
    /// open. The caller holds both locks.
    /// </summary>
    public void ReplaceUnsynchronized(ReplacementFile replacement)
    {
        _file?.Dispose();
        _file = null;
        replacement.Rename();
        _nameUnsynced = true;

        // What is in the new file was flushed; the bytes of the old one must not be written over it.
        _unproven = null;
    }

    /// <summary>
    /// Brings the name of a replacement to the disk. The caller holds the lock of flushing and not the gate.
    /// </summary>
    public void SyncName(ReplacementFile replacement)
    {
        try
        {
            replacement.SyncDirectory();
        }
        catch (Exception exception) when (exception is not FileSystemException { IsFailedFlush: false })
        {
            Fail(exception);
            throw;
        }

        _unproven = null;
        _nameUnsynced = false;
    }

    public void Dispose() => _file?.Dispose();

    private void Fail(Exception exception)
    {
        lock (_gate)
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
        }
    }
}
