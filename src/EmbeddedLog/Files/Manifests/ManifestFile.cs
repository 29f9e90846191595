using System.Runtime.ExceptionServices;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;

namespace EmbeddedLog.Files.Manifests;

/// <summary>
/// The file of a manifest: its descriptor, and the part that is not known to be on the disk. It uses the manifest's two
/// locks; see <see cref="Manifest"/>.
/// </summary>
internal sealed class ManifestFile : IDisposable
{
    private readonly FileSystem _files;

    /// <summary>The manifest's gate.</summary>
    private readonly Lock _gate;

    /// <summary>Replaced under both locks; used under either. Null until it is opened, under the gate.</summary>
    private LogFile? _file;

    /// <summary>
    /// Whether the name of a replacement may still be missing on the disk. Under the lock of flushing.
    /// </summary>
    private bool _nameUnsynced;

    /// <summary>
    /// The bytes that were read, if they may be in the page cache only: after a failed flush of an earlier owner they
    /// count as written, and no flush would write them. The first flush writes them again, in place, so that retention
    /// can make room on a full disk. Null when they are on the disk. Under the lock of flushing.
    /// </summary>
    private byte[]? _unproven;

    /// <summary>The failure that ended all writing. Written under both locks, read under either.</summary>
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

    /// <summary>Throws the failure that ended all writing.</summary>
    public void ThrowIfFailed() => _failure?.Throw();

    /// <summary>The file, opened again if it was replaced. The caller holds the gate.</summary>
    public LogFile OpenUnsynchronized() => _file ??= _files.OpenFile(Path, FileOpening.ReadWrite);

    /// <summary>Whether the file is still at its path. The caller holds the gate.</summary>
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
            // If the page cache survives, a part of a record would look like damage. The next record would overwrite
            // it, but there may be none.
            StoredFile.TryCutOff(file, end);
            throw;
        }
    }

    /// <summary>Makes the first flush write the bytes that were read. Called by the opening, which is alone.</summary>
    public void WriteAgainFirst(byte[] image) => _unproven = image;

    /// <summary>Flushes the file up to an end. The caller holds the lock of flushing and not the gate.</summary>
    public void Flush(LogFile file, long end)
    {
        if (_unproven is not null)
        {
            file.Write(_unproven, 0);
        }

        try
        {
            file.Flush(0, end);

            // A platform that runs other work during a flush, on the same thread, lets it through this lock as well. If
            // a flush failed there, the bytes of this one may be lost.
            _failure?.Throw();
            if (_unproven is not null || _nameUnsynced)
            {
                // The process that made the file may have died before its name was on the disk.
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
    /// Replaces this file; closes it first, because not every system renames over an open file. The caller holds both
    /// locks.
    /// </summary>
    public void ReplaceUnsynchronized(ReplacementFile replacement)
    {
        _file?.Dispose();
        _file = null;
        replacement.Rename();
        _nameUnsynced = true;

        // The new file was flushed; the bytes of the old one must not be written over it.
        _unproven = null;
    }

    /// <summary>
    /// Makes the name of a replacement durable. The caller holds the lock of flushing and not the gate.
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
