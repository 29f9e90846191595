using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>Moves a partition's start, under the append lock.</summary>
internal sealed class LogStartMove
{
    private readonly PartitionIdentity _identity;
    private readonly PartitionState _state;
    private readonly Manifest _manifest;
    private readonly PartitionWriter _writer;

    /// <summary>Under the append lock.</summary>
    private readonly UnflushedSegments _unflushed;

    public LogStartMove(
        PartitionIdentity identity,
        PartitionState state,
        Manifest manifest,
        PartitionWriter writer,
        UnflushedSegments unflushed)
    {
        _identity = identity;
        _state = state;
        _manifest = manifest;
        _writer = writer;
        _unflushed = unflushed;
    }

    /// <summary>
    /// Moves the log's start: writes it to the manifest, removes the segments before it from the list, and returns
    /// them. The manifest must be flushed before their files are deleted.
    /// </summary>
    public Segment[] Run(long offset)
    {
        using (_writer.Enter())
        {
            SegmentList segments = _state.Segments;
            int gone = 0;
            while (gone < segments.Count - 1 && segments.Items[gone].EndOffset <= offset)
            {
                gone++;
            }

            if (_writer.IsClosedUnsynchronized || _state.Failure is not null || offset <= _state.LogStart
                || segments.Count == 0)
            {
                return [];
            }

            try
            {
                _manifest.SetLogStart(offset, segments.Items[gone].Entry.Sequence);
            }
            catch (FileSystemException failure)
            {
                throw FileErrors.Translate(failure, _identity.Id, isOpen: true);
            }

            _state.LogStart = offset;
            _state.Segments = segments.WithoutFirst(gone);
            _state.Slot.NoteChange();
            return segments.Items[..gone].ToArray();
        }
    }

    /// <summary>
    /// Closes the files of removed segments of which only the seal is not flushed. Without an append there would be no
    /// flush, and an open file keeps its space.
    /// </summary>
    public void GiveUp(Segment[] removed)
    {
        using (_writer.Enter())
        {
            _unflushed.GiveUpUnsynchronized(removed);
        }
    }
}
