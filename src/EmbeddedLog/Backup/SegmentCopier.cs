using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Backup;

/// <summary>
/// Puts segments into a backup: shares their bytes if that is safe and possible, otherwise copies them.
/// </summary>
internal sealed class SegmentCopier
{
    private const int ChunkBytes = 256 << 10;

    /// <summary>A longer index would not be read back.</summary>
    private const int MaxIndexBytes = IndexCodec.HeaderBytes + (IndexCodec.MaxEntries * IndexCodec.EntryBytes);

    private readonly FileSystem _files;
    private readonly IProgress<BackupProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly long _totalBytes;
    private readonly byte[] _chunk = new byte[ChunkBytes];

    /// <summary>Whether the file system may be able to share; false after the first refusal.</summary>
    private bool _mayClone;
    private bool _mayLink;

    public SegmentCopier(
        FileSystem files,
        bool share,
        long totalBytes,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellation)
    {
        _files = files;
        _mayClone = _mayLink = share;
        _totalBytes = totalBytes;
        _progress = progress;
        _cancellation = cancellation;
    }

    /// <summary>How many bytes were copied.</summary>
    public long CopiedBytes { get; private set; }

    /// <summary>How many bytes are shared with the log.</summary>
    public long SharedBytes { get; private set; }

    /// <summary>
    /// Puts a complete segment into a directory. Its bytes do not change any more, neither in the log nor in the
    /// backup, which does not append to a copied segment, so both can have the same file.
    /// </summary>
    /// <exception cref="FileSystemException">The segment is gone, there is no space, or another failure.</exception>
    public void Put(Segment segment, string directory, long end)
    {
        _cancellation.ThrowIfCancellationRequested();
        string target = SegmentFileName.Of(directory, segment.Entry.Sequence);
        if (!TryShare(segment.Path, target))
        {
            Copy(segment, directory, end);
            return;
        }

        SharedBytes += end;
        Tell(segment.Partition);
    }

    /// <summary>Copies a segment up to the end of its records, flushed.</summary>
    /// <exception cref="FileSystemException">The segment is gone, there is no space, or another failure.</exception>
    public void Copy(Segment segment, string directory, long end)
    {
        using LogFile source = _files.OpenFile(segment.Path, FileOpening.ReadShared);
        using LogFile target = _files.OpenFile(
            SegmentFileName.Of(directory, segment.Entry.Sequence), FileOpening.CreateNew);

        // With room for a seal, which each opening expects behind the last frame.
        long length = end + FrameLayout.SealBytes;
        target.SetLength(length);
        for (long at = 0; at < end;)
        {
            _cancellation.ThrowIfCancellationRequested();
            Span<byte> part = _chunk.AsSpan(0, (int)Math.Min(ChunkBytes, end - at));
            int read = source.Read(part, at);
            if (read < part.Length)
            {
                throw FileErrors.Corrupt(
                    segment.Partition, segment.Path, at + read, "a segment is cut short", Units.Size(end),
                    Units.Size(at + read));
            }

            target.Write(part, at);
            at += read;
            CopiedBytes += read;
            Tell(segment.Partition);
        }

        target.Flush(0, length);
    }

    /// <summary>Copies the index of a segment. It can be made again, so a missing one is not copied.</summary>
    public void TryCopyIndex(Segment segment, string directory)
    {
        string target = SegmentFileName.IndexOf(directory, segment.Entry.Sequence);
        try
        {
            using LogFile source = _files.OpenFile(segment.IndexPath, FileOpening.Read);
            byte[] bytes = new byte[Math.Min(source.Length, MaxIndexBytes)];
            int read = source.Read(bytes, 0);
            StoredFile.Create(_files, target, bytes.AsSpan(0, read));
        }
        catch (FileSystemException)
        {
            // It was not saved yet, or the disk is full, which the next segment will report.
        }
    }

    private bool TryShare(string from, string to)
    {
        if (_mayClone)
        {
            _mayClone = _files.TryClone(from, to);
        }

        if (!_mayClone && _mayLink)
        {
            _mayLink = _files.TryLink(from, to);
        }

        return _mayClone || _mayLink;
    }

    private void Tell(TopicPartition partition) =>
        _progress?.Report(new BackupProgress(partition, CopiedBytes + SharedBytes, _totalBytes));
}
