using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Index;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.Recovery;

/// <summary>
/// Copies the good frames above the proven end into new segments, which replace the old ones in one step.
/// Acknowledgements and appends begin only then: this process has flushed the copies itself.
/// </summary>
internal sealed class TailCopy
{
    /// <summary>
    /// After so many copied bytes their write to the disk is started, and as many pages are made ready.
    /// </summary>
    private const long StepBytes = 8 << 20;

    private readonly SegmentResources _segments;
    private readonly PartitionIdentity _identity;
    private readonly PartitionSettings _settings;
    private readonly SegmentFactory _factory;

    /// <summary>The copies so far, each with its writer and its index.</summary>
    private readonly List<(SegmentWriter Writer, SegmentIndexBuilder Index)> _copies = [];

    private uint _nextSequence;

    /// <summary>The predecessor of the next copy.</summary>
    private ulong _predecessorUid;
    private long _predecessorEnd;

    /// <summary>The most bytes that are still to be copied.</summary>
    private long _remaining;

    /// <summary>The end of the last copy's bytes whose write was started.</summary>
    private long _sent;

    public TailCopy(
        SegmentResources segments,
        PartitionIdentity identity,
        PartitionSettings settings,
        uint nextSequence,
        Segment? predecessor)
    {
        _segments = segments;
        _identity = identity;
        _settings = settings;
        _factory = new SegmentFactory(segments, identity);
        _nextSequence = nextSequence;
        _predecessorUid = predecessor?.Entry.Uid ?? 0;
        _predecessorEnd = predecessor?.EndPosition ?? 0;
    }

    /// <summary>Copies, flushes, and enters the copies in the manifest; returns them, ended.</summary>
    /// <exception cref="FileSystemException">There is no space, or another failure; the old segments still
    /// stand.</exception>
    public Segment[] Run(TornTailScan scan, in DurablePoint proven, Manifest manifest)
    {
        try
        {
            long next = proven.Offset;
            _remaining = scan.Ranges.Sum(range => range.To - range.From);
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
            SegmentWriter writer = WriterFor(range.Segment.Entry.Epoch, extent, walker.Length);
            CopyFrame(writer, walker.Frame, walker.Length, extent, provenEnd);
            next = extent.NextOffset;
        }

        // The scan found all of these frames good a moment ago.
        return walker.Position == range.To
            ? next
            : throw SegmentErrors.BadFrame(range.Segment, walker.Position, walker.Check, next);
    }

    private unsafe void CopyFrame(SegmentWriter writer, byte* source, int length, in FrameExtent extent, long provenEnd)
    {
        int padded = FrameLayout.Padded(length);
        long position = writer.Tail;
        uint offsetDelta = (uint)(extent.FirstOffset - writer.Segment.BaseOffset);
        byte* frame = writer.Begin(padded);
        new ReadOnlySpan<byte>(source + FrameLayout.KindAt, padded - FrameLayout.KindAt)
            .CopyTo(new Span<byte>(frame + FrameLayout.KindAt, padded - FrameLayout.KindAt));

        // The body stays the same; the fields that depend on the place are new. The epoch is the old one, in which
        // these records were appended.
        FrameHeader.Write(
            frame,
            FrameHeader.ReadKind(source),
            FrameHeader.ReadFlags(source),
            offsetDelta,
            FrameHeader.ReadTimestamp(source),
            extent.Type == FrameType.Gap ? DurableLag.None : DurableLag.Encode(extent.FirstOffset - provenEnd));
        FrameHeader.WriteCrc(frame, FrameCrc.Compute(writer.Segment.CrcSeed, position, frame, length));
        writer.Commit(length);
        if (extent.HasOffsets)
        {
            _copies[^1].Index.Note(offsetDelta, position, extent.MaxTimestamp);
        }

        _remaining -= padded;
        if (writer.Tail - _sent >= StepBytes)
        {
            Step(writer);
        }
    }

    /// <summary>
    /// Only for speed: without it the disk would wait for the whole copy, and each page would fault by itself.
    /// </summary>
    private void Step(SegmentWriter writer)
    {
        LogFile file = writer.File.TryUse()!;
        try
        {
            file.BeginFlush(_sent, writer.Tail - _sent);
            _sent = writer.Tail;
            if (writer is MappedSegmentWriter { HasLargePages: true } mapped)
            {
                long end = Math.Min(writer.Tail + Math.Min(StepBytes, _remaining), writer.Capacity);
                mapped.Prepare(file, writer.Tail, end, large: true);
            }
        }
        catch (FileSystemException)
        {
            // Pages that cannot be made ready may not be needed. If they are, the copy itself fails.
        }
        finally
        {
            writer.File.Release();
        }
    }

    /// <summary>
    /// The copy for a frame: a new one if the last is full, of another epoch, or out of offsets because of gaps.
    /// </summary>
    private SegmentWriter WriterFor(uint epoch, in FrameExtent extent, int length)
    {
        int padded = FrameLayout.Padded(length);
        if (_copies.Count != 0)
        {
            SegmentWriter last = _copies[^1].Writer;
            if (last.HasRoomFor(padded) && last.Segment.Entry.Epoch == epoch
                && extent.NextOffset - last.Segment.BaseOffset <= uint.MaxValue)
            {
                return last;
            }

            EndLast(extent.FirstOffset);
        }

        long capacity = Math.Max(_settings.SegmentBytes, SegmentHeader.PageBytes + padded + FrameLayout.SealBytes);
        bool forBulk = _remaining >= StepBytes && !_settings.Positional;
        SpareSegment spare = _factory.CreateSpare(_nextSequence++, capacity, _settings.Positional, forBulk);
        SegmentEntry entry = new(
            spare.Sequence, Uids.New(), extent.FirstOffset, epoch, _predecessorUid, _predecessorEnd);
        long now = _segments.Platform.Time.GetUtcNow().ToUnixTimeMilliseconds();
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
        _sent = 0;
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

        _segments.Platform.Files.SyncDirectory(_identity.Directory);
        manifest.AddAllDurably([.. _copies.Select(copy => copy.Writer.Segment.Entry)]);
        foreach ((SegmentWriter writer, _) in _copies)
        {
            writer.File.Dispose();
            writer.Segment.Index.Save();
            _segments.Open.Opened(writer.Segment);
        }

        return [.. _copies.Select(copy => copy.Writer.Segment)];
    }
}
