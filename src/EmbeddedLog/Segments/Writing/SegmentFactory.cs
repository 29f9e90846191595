using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Segments.Writing;

/// <summary>Makes the segments of one partition and opens the active one.</summary>
internal sealed class SegmentFactory
{
    private readonly SegmentResources _resources;
    private readonly PartitionIdentity _identity;

    public SegmentFactory(SegmentResources resources, PartitionIdentity identity)
    {
        _resources = resources;
        _identity = identity;
    }

    /// <summary>Makes a file with the first blocks reserved; leaves nothing behind when it throws.</summary>
    /// <exception cref="FileSystemException">There is no space, or another failure.</exception>
    public SpareSegment CreateSpare(uint sequence, long capacity, bool positional, bool forBulk = false)
    {
        forBulk &= !positional;
        string path = SegmentFileName.Of(_identity.Directory, sequence);
        FileSystem files = _resources.Platform.Files;
        LogFile file = files.OpenFile(path, FileOpening.CreateNew);
        try
        {
            long allocated = capacity;
            if (positional)
            {
                file.SetLength(capacity);
            }
            else
            {
                int first = forBulk ? MappedSegmentWriter.FirstBulkBytes : MappedSegmentWriter.FirstChunkBytes;
                allocated = Math.Min(capacity, first);
                file.Allocate(0, allocated);
            }

            MappedMemory map = file.Map(capacity, writable: !positional);
            if (forBulk)
            {
                map.PreferLargePages(true);
                map.TryPrepareForWrite(0, allocated);
            }

            return new SpareSegment(sequence, path, file, map, allocated, capacity, positional, forBulk);
        }
        catch
        {
            file.Dispose();
            TryDelete(path);
            throw;
        }
    }

    /// <summary>Turns a spare into the segment that is written to, by writing its header.</summary>
    /// <exception cref="CorruptLogException">A forged manifest has used up the numbers.</exception>
    /// <exception cref="FileSystemException">The header cannot be written; the spare can be used again.</exception>
    public SegmentWriter Adopt(SpareSegment spare, in SegmentEntry entry, long createdAt)
    {
        if (entry.Sequence > FormatLimits.MaxSequence || entry.BaseOffset > FormatLimits.MaxOffset)
        {
            throw FileErrors.Corrupt(
                _identity.Id,
                Path.Combine(_identity.Directory, Manifest.FileName),
                0,
                "all sequence numbers or offsets are used up",
                $"at most {FormatLimits.MaxSequence} and {FormatLimits.MaxOffset}",
                $"{entry.Sequence} and {entry.BaseOffset}");
        }

        OwnedSegment segment = new(_resources, _identity.Id, _identity.Directory, entry);
        SegmentWriter writer = spare.Positional
            ? new PositionalSegmentWriter(segment, spare.File, spare.Map, spare.Capacity, SegmentHeader.PageBytes)
            : new MappedSegmentWriter(
                segment,
                spare.File,
                spare.Map,
                spare.Allocated,
                spare.Capacity,
                SegmentHeader.PageBytes,
                spare.ForBulk);
        writer.WriteHeader(new SegmentHeader(
            SegmentFlags.None,
            entry.Uid,
            _identity.TopicUid,
            _identity.Id.Partition,
            entry.Sequence,
            entry.BaseOffset,
            entry.Epoch,
            entry.PredecessorUid,
            entry.PredecessorEnd,
            createdAt));
        return writer;
    }

    /// <summary>Opens a cleanly closed segment to go on writing at its tail.</summary>
    /// <exception cref="FileSystemException">The file cannot be opened or mapped.</exception>
    /// <exception cref="CorruptLogException">The file is not the segment, or is cut short.</exception>
    public SegmentWriter Reopen(
        Segment segment, long tail, long segmentBytes, bool positional, out SegmentHeader header)
    {
        LogFile file = _resources.Platform.Files.OpenFile(segment.Path, FileOpening.ReadWrite);
        try
        {
            header = SegmentOpening.Check(file, segment, tail);
            long capacity = Math.Max(segmentBytes, tail + FrameLayout.SealBytes);
            if (positional && file.Length < capacity)
            {
                file.SetLength(capacity);
            }

            if (!positional)
            {
                // The last owner may have left large pages around the tail, which each small flush would write whole.
                file.DropPages(tail & -MappedSegmentWriter.LargePageBytes, capacity);
            }

            // Blocks behind the tail are reserved again before a store: a copied file may lack blocks without content.
            MappedMemory map = file.Map(capacity, writable: !positional);
            return positional
                ? new PositionalSegmentWriter(segment, file, map, capacity, tail)
                : new MappedSegmentWriter(segment, file, map, allocated: tail, capacity, tail);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Closes and deletes a spare that is not needed.</summary>
    public void Discard(SpareSegment spare)
    {
        spare.Map.Dispose();
        spare.File.Dispose();
        TryDelete(spare.Path);
    }

    /// <summary>Deletes an unused file; a failure is only logged.</summary>
    public void TryDelete(string path)
    {
        try
        {
            _resources.Platform.Files.DeleteFile(path);
        }
        catch (FileSystemException failure)
        {
            StorageLog.NotDeleted(_resources.LoggerUnderLock, failure, path);
        }
    }
}
