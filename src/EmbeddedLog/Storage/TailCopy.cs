using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Storage;

/// <summary>
/// Copies the good frames above the proven end into new segments and puts these in the old ones' place, in one step.
/// Only then is anything acknowledged or appended again: what the copies hold was flushed by this process.
/// </summary>
internal sealed class TailCopy
{
    private readonly StorageContext _context;
    private readonly PartitionIdentity _identity;
    private readonly PartitionSettings _settings;
    private readonly SegmentFactory _factory;

    /// <summary>The copies so far, each with its writer and its index.</summary>
    private readonly List<(SegmentWriter Writer, SegmentIndexBuilder Index)> _copies = [];

    private uint _nextSequence;

    /// <summary>What the next copy follows.</summary>
    private ulong _predecessorUid;
    private long _predecessorEnd;

    public TailCopy(
        StorageContext context,
        PartitionIdentity identity,
        PartitionSettings settings,
        uint nextSequence,
        Segment? predecessor)
    {
        _context = context;
        _identity = identity;
        _settings = settings;
        _factory = new SegmentFactory(context, identity);
        _nextSequence = nextSequence;
        _predecessorUid = predecessor?.Entry.Uid ?? 0;
        _predecessorEnd = predecessor?.EndPosition ?? 0;
    }

    /// <summary>Copies, flushes, and enters the copies in the manifest; returns them, ended.</summary>
    /// <exception cref="FileSystemException">There is no space, or another failure; the old segments still
    /// stand.</exception>
    public Segment[] Run(TailScan scan, in DurablePoint proven, Manifest manifest)
    {
        try
        {
            long next = proven.Offset;
            foreach (TailRange range in scan.Ranges)
            {
                next = CopyRange(scan.MapOf(range), range, next, proven.Offset);
            }

            EndLast(next);
            return Enter(manifest);
        }
        catch
        {
            foreach ((SegmentWriter writer, _) in _copies)
            {
                writer.File.Dispose();
                writer.Segment.Remove();
            }

            throw;
        }
    }

    private unsafe long CopyRange(MappedMemory map, in TailRange range, long next, long provenEnd)
    {
        FrameWalker walker = new(map.Pointer, range.Segment.CrcSeed, range.From, range.To);
        while (walker.MoveNext()
            && FrameExtent.TryRead(walker.Frame, walker.Length, range.Segment.BaseOffset, out FrameExtent extent)
            && extent.Type != FrameType.Seal)
        {
            SegmentWriter writer = WriterFor(range.Segment.Entry.Epoch, extent.FirstOffset, walker.Length);
            CopyFrame(writer, walker.Frame, walker.Length, extent, provenEnd);
            next = extent.NextOffset;
        }

        // The scan has seen all of these frames good a moment ago.
        return walker.Position == range.To
            ? next
            : throw StorageErrors.BadFrame(range.Segment, walker.Position, walker.Check, next);
    }

    private unsafe void CopyFrame(SegmentWriter writer, byte* source, int length, in FrameExtent extent, long provenEnd)
    {
        int padded = FrameLayout.Padded(length);
        long position = writer.Tail;
        uint offsetDelta = (uint)(extent.FirstOffset - writer.Segment.BaseOffset);
        byte* frame = writer.Begin(padded);
        new ReadOnlySpan<byte>(source + FrameLayout.KindAt, padded - FrameLayout.KindAt)
            .CopyTo(new Span<byte>(frame + FrameLayout.KindAt, padded - FrameLayout.KindAt));

        // The body stays as it was; what depends on the place is made anew. The epoch is the old one: these records
        // were appended in it.
        FrameHeader.Write(
            frame,
            FrameHeader.ReadKind(source),
            FrameHeader.ReadFlags(source),
            offsetDelta,
            FrameHeader.ReadTimestamp(source),
            DurableLag.Encode(extent.FirstOffset - provenEnd));
        FrameHeader.WriteCrc(frame, FrameCrc.Compute(writer.Segment.CrcSeed, position, frame, length));
        writer.Commit(length);
        _copies[^1].Index.Note(offsetDelta, position, extent.MaxTimestamp);
    }

    /// <summary>The copy that a frame goes to: a new one where the last is full, or of another epoch.</summary>
    private SegmentWriter WriterFor(uint epoch, long offset, int length)
    {
        int padded = FrameLayout.Padded(length);
        if (_copies.Count != 0)
        {
            SegmentWriter last = _copies[^1].Writer;
            if (last.HasRoomFor(padded) && last.Segment.Entry.Epoch == epoch)
            {
                return last;
            }

            EndLast(offset);
        }

        long capacity = Math.Max(_settings.SegmentBytes, SegmentHeader.PageBytes + padded + FrameLayout.SealBytes);
        SpareSegment spare = _factory.CreateSpare(_nextSequence++, capacity, _settings.Positional);
        SegmentEntry entry = new(
            spare.Sequence, SegmentFactory.NewUid(), offset, epoch, _predecessorUid, _predecessorEnd);
        long now = _context.Platform.Time.GetUtcNow().ToUnixTimeMilliseconds();
        SegmentWriter writer;
        try
        {
            writer = _factory.Adopt(spare, entry, now);
        }
        catch
        {
            _factory.Discard(spare);
            throw;
        }

        SegmentIndexBuilder index = new();
        writer.Segment.Index.Set(index);
        _copies.Add((writer, index));
        return writer;
    }

    private void EndLast(long endOffset)
    {
        (SegmentWriter writer, SegmentIndexBuilder index) = _copies[^1];
        _predecessorUid = writer.Segment.Entry.Uid;
        _predecessorEnd = writer.Tail;
        index.Finish((uint)(endOffset - writer.Segment.BaseOffset), writer.Tail);
        writer.Segment.End(endOffset, writer.Tail);
    }

    private Segment[] Enter(Manifest manifest)
    {
        foreach ((SegmentWriter writer, _) in _copies)
        {
            LogFile file = writer.File.TryUse()!;
            try
            {
                file.Flush(0, writer.Tail);
            }
            finally
            {
                writer.File.Release();
            }
        }

        _context.Platform.Files.SyncDirectory(_identity.Directory);
        manifest.AddAllDurably([.. _copies.Select(copy => copy.Writer.Segment.Entry)]);
        foreach ((SegmentWriter writer, _) in _copies)
        {
            writer.File.Dispose();
            writer.Segment.Index.Save();
            _context.OpenSegments.Opened(writer.Segment);
        }

        return [.. _copies.Select(copy => copy.Writer.Segment)];
    }
}
