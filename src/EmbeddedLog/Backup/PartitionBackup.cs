using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Backup;

/// <summary>
/// Copies one partition while it is used: its records at one moment, up to a durable end, with a manifest and a
/// checkpoint like those of a clean close.
/// </summary>
internal sealed class PartitionBackup
{
    private readonly FileSystem _files;
    private readonly PartitionLog _source;
    private readonly string _directory;
    private readonly SegmentCopier _copier;
    private readonly long _now;

    /// <summary>The segments in the backup, oldest first.</summary>
    private readonly List<SegmentEntry> _entries = [];

    /// <param name="source">The partition.</param>
    /// <param name="directory">Its directory in the backup, which exists and is empty.</param>
    /// <param name="copier">Copies the segments.</param>
    /// <param name="platform">The seam to the system.</param>
    public PartitionBackup(PartitionLog source, string directory, SegmentCopier copier, Platform platform)
    {
        _source = source;
        _files = platform.Files;
        _now = platform.Time.GetUtcNow().ToUnixTimeMilliseconds();
        _directory = directory;
        _copier = copier;
    }

    /// <summary>How many records can be read in the backup.</summary>
    public long Records { get; private set; }

    /// <summary>
    /// Whether retention has removed segments before they were copied, so that the backup begins later.
    /// </summary>
    public bool HasLost { get; private set; }

    /// <summary>Copies it; durable on return.</summary>
    /// <exception cref="PartitionFailedException">A flush of the partition has failed.</exception>
    /// <exception cref="UnknownTopicException">The topic was deleted meanwhile.</exception>
    /// <exception cref="FileSystemException">There is no space, or another failure.</exception>
    public async ValueTask<ClosedPartition> RunAsync(CancellationToken cancellation)
    {
        CapturedPartition captured = _source.Writer.Capture() ?? throw _source.ClosedError();
        await _source.FlushAsync(captured.End.Offset, cancellation).ConfigureAwait(false);
        long start = captured.LogStart;
        for (int i = 0; i < captured.Segments.Count; i++)
        {
            if (!TryPut(captured, i))
            {
                // Retention removes segments from the beginning on: the earlier ones are gone as well.
                HasLost = true;
                RemoveAll();
                start = i + 1 < captured.Segments.Count
                    ? captured.Segments.Items[i + 1].BaseOffset
                    : captured.End.Offset;
            }
        }

        Records = captured.End.Offset - start;
        return Complete(start, _entries.Count == 0 ? new DurablePoint(captured.End.Offset, 0, 0, 0) : captured.End);
    }

    private bool TryPut(in CapturedPartition captured, int index)
    {
        Segment segment = captured.Segments.Items[index];
        bool isLast = index == captured.Segments.Count - 1;
        long end = isLast ? captured.End.Position : segment.EndPosition;
        long endOffset = isLast ? captured.End.Offset : segment.EndOffset;
        try
        {
            if (isLast)
            {
                // It is still written to.
                _copier.Copy(segment, _directory, end);
            }
            else
            {
                _copier.Put(segment, _directory, end);
                _copier.TryCopyIndex(segment, _directory);
            }
        }
        catch (FileSystemException failure) when (failure.Error == FileSystemError.NotFound)
        {
            if (_source.IsDeleted)
            {
                throw _source.ClosedError();
            }

            if (_source.StartOffset >= endOffset && endOffset > segment.BaseOffset)
            {
                return false;
            }

            // After a power loss a segment without a record may have no file, and it needs none.
            if (endOffset > segment.BaseOffset)
            {
                throw;
            }
        }

        _entries.Add(segment.Entry);
        return true;
    }

    private void RemoveAll()
    {
        foreach (SegmentEntry entry in _entries)
        {
            _files.DeleteFile(SegmentFileName.Of(_directory, entry.Sequence));
            _files.DeleteFile(SegmentFileName.IndexOf(_directory, entry.Sequence));
        }

        _entries.Clear();
    }

    /// <summary>
    /// Writes manifest and checkpoint, in a new epoch. This distinguishes records appended to the backup from records
    /// of the log at the same offsets, and no append goes into a copied file.
    /// </summary>
    private ClosedPartition Complete(long start, in DurablePoint end)
    {
        _files.SyncDirectory(_directory);
        using Manifest manifest = Manifest.Open(_files, _directory, _source.TopicUid, _source.Id);
        manifest.AddAllDurably(_entries);
        manifest.SetLogStart(start, _entries.Count == 0 ? manifest.NextSequence : _entries[0].Sequence);
        manifest.Flush();
        uint epoch = Math.Min(_source.Epoch + 1, FormatLimits.MaxEpoch);
        using CheckpointFile checkpoint = CheckpointFile.Open(_files, _directory, _source.TopicUid, _source.Id);
        checkpoint.Write(new Checkpoint(
            0, end.Offset, end.Sequence, end.Uid, end.Position, start, epoch, Clean: true, _now));
        return ClosedPartition.From(
            _source.TopicUid,
            _source.Id.Partition,
            checkpoint.Current!.Value,
            ClosedPartition.Digest(manifest.LogStartOffset, manifest.Segments));
    }
}
