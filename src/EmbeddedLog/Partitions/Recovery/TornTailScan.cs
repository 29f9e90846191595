using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Partitions.Recovery;

/// <summary>
/// Reads the frames above the proven end of a partition, up to the first bad one, and decides whether that is a torn
/// end or damage.
/// </summary>
/// <remarks>
/// It is damage if a later frame proves that the bad one had been flushed. If the page cache has survived the last
/// owner, it is also damage anywhere before a good frame, because published records are complete in the cache.
/// </remarks>
internal sealed class TornTailScan : IDisposable
{
    /// <summary>
    /// How many segments are mapped at once: systems have a limit, and a manifest may list a million.
    /// </summary>
    private const int MaxMaps = 64;

    private readonly FileSystem _files;
    private readonly PartitionIdentity _identity;
    private readonly HashSet<string> _names;

    /// <summary>The memory of the segments that were read last, by sequence; null if there is no file.</summary>
    private readonly Dictionary<uint, MappedMemory?> _maps = [];

    /// <summary>The sequences of the segments whose files were flushed and checked.</summary>
    private readonly HashSet<uint> _checked = [];

    /// <summary>Whether all published records must be there.</summary>
    private bool _trustsCache;

    /// <summary>The greatest durable end that a frame claims.</summary>
    private long _claimedEnd;

    public TornTailScan(FileSystem files, SessionState session, PartitionIdentity identity, HashSet<string> names)
    {
        _files = files;
        _identity = identity;
        _names = names;
        _trustsCache = session.CacheSurvived;
    }

    /// <summary>The good frames above the proven end.</summary>
    public List<TailRange> Ranges { get; } = [];

    /// <summary>The offset behind the last good frame.</summary>
    public long EndOffset { get; private set; }

    /// <summary>How many bytes behind the last good frame are in use.</summary>
    public long TornBytes { get; private set; }

    /// <summary>Reads the segments from the proven end on.</summary>
    /// <exception cref="CorruptLogException">There is damage.</exception>
    public void Walk(Segment[] segments, int first, in DurablePoint proven)
    {
        EndOffset = proven.Offset;
        long position = proven.Position;
        for (int i = first; i < segments.Length; i++)
        {
            if (!TryWalkSegment(segments[i], position, out long stoppedAt))
            {
                if (i == first && stoppedAt == proven.Position)
                {
                    CheckProven(segments[i], stoppedAt);
                }

                LookBeyond(segments, i, stoppedAt);
                return;
            }

            position = SegmentHeader.PageBytes;
        }
    }

    /// <summary>The memory of a range's segment: valid until the next call.</summary>
    /// <exception cref="LogIOException">The system cannot read the bytes.</exception>
    public MappedMemory MapOf(in TailRange range) =>
        Open(range.Segment, range.From)
        ?? throw SegmentErrors.Unreadable(_identity.Id, range.Segment.Path, range.From);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (MappedMemory? map in _maps.Values)
        {
            map?.Dispose();
        }

        _maps.Clear();
    }

    /// <summary>Reads one segment; true if its frames reach its end, so that the next one follows.</summary>
    private unsafe bool TryWalkSegment(Segment segment, long from, out long position)
    {
        position = from;
        if (from == segment.EndPosition)
        {
            return true;
        }

        if (Open(segment, from) is not { } map)
        {
            return _trustsCache
                ? throw SegmentErrors.BadFrame(segment, from, FrameCheck.Empty, EndOffset)
                : false;
        }

        bool ended = segment.EndPosition != long.MaxValue;
        long limit = Math.Min(map.Length, segment.EndPosition);
        FrameWalker walker = new(map.Pointer, segment.CrcSeed, from, limit);
        bool sealedHere = false;
        while (!sealedHere && walker.MoveNext())
        {
            sealedHere = Take(segment, walker.Frame, walker.Length, walker.Position);
        }

        position = walker.Position;
        if (position > from)
        {
            Ranges.Add(new TailRange(segment, from, position));
        }

        bool complete = ended ? position == segment.EndPosition : sealedHere;
        if (_trustsCache && !ended && !sealedHere && map.Length < position + FrameLayout.SealBytes)
        {
            // Every append leaves room for a seal behind its frame, so a file that ends before has lost bytes.
            throw FileErrors.Corrupt(
                _identity.Id, segment.Path, map.Length, "the file is cut short",
                $"at least {Units.Size(position + FrameLayout.SealBytes)}", Units.Size(map.Length), EndOffset);
        }

        if (complete || (walker.Check == FrameCheck.Empty && !ended))
        {
            return complete;
        }

        return _trustsCache || walker.Check is FrameCheck.Unknown or FrameCheck.Valid
            ? throw SegmentErrors.BadFrame(segment, position, walker.Check, EndOffset)
            : false;
    }

    /// <summary>
    /// If nothing follows the proven end, the frame that ends there must be there: a segment's file from an earlier
    /// moment ends before it, and would hide what had followed.
    /// </summary>
    private unsafe void CheckProven(Segment segment, long end)
    {
        if (end > SegmentHeader.PageBytes && Open(segment, end) is { } map
            && !FrameSearch.HasFrameThatEndsAt(map.Pointer, segment.CrcSeed, end))
        {
            throw FileErrors.Corrupt(
                _identity.Id,
                segment.Path,
                end,
                "durable records are missing before the end that the checkpoint tells: the segment was put back from "
                + "an earlier moment, or is damaged there",
                $"a frame that ends before offset {EndOffset}",
                "none",
                EndOffset);
        }
    }

    /// <summary>Takes a frame that passed its check; true if it is the segment's seal.</summary>
    private unsafe bool Take(Segment segment, byte* frame, int length, long position)
    {
        if (!FrameExtent.TryRead(frame, length, segment.BaseOffset, out FrameExtent extent)
            || extent.FirstOffset != EndOffset)
        {
            throw FileErrors.Corrupt(
                _identity.Id, segment.Path, position, "a frame is out of order or malformed", $"offset {EndOffset}",
                $"offset {extent.FirstOffset}", EndOffset);
        }

        EndOffset = extent.NextOffset;
        return extent.Type == FrameType.Seal;
    }

    /// <summary>
    /// Searches everything behind the last good frame for frames that claim a greater durable end, and counts the bytes
    /// that are left out.
    /// </summary>
    private unsafe void LookBeyond(Segment[] segments, int index, long position)
    {
        for (int i = index; i < segments.Length; i++)
        {
            long from = i == index ? position : SegmentHeader.PageBytes;
            if (Open(segments[i], SegmentHeader.PageBytes) is { } map && map.Length > from)
            {
                FrameSearch tail = FrameSearch.Search(
                    map.Pointer, segments[i].CrcSeed, segments[i].BaseOffset, from, map.Length);
                if (_trustsCache && tail.HasFrames)
                {
                    // Frames are published in order, so there was a frame at the place where the frames seem to end.
                    throw SegmentErrors.BadFrame(segments[index], position, FrameCheck.Empty, EndOffset);
                }

                TornBytes += tail.UsedBytes;
                _claimedEnd = Math.Max(_claimedEnd, tail.ClaimedDurableEnd);
            }
        }

        if (_claimedEnd > EndOffset)
        {
            throw FileErrors.Corrupt(
                _identity.Id,
                segments[index].Path,
                position,
                "a frame is bad although a later one proves that it had been flushed",
                $"records up to offset {_claimedEnd}",
                $"records up to offset {EndOffset}",
                EndOffset);
        }
    }

    /// <summary>
    /// Maps a segment's file, and flushes it the first time: if that flush fails, the cache cannot be trusted. Null if
    /// there is no such file, or if it is empty. Earlier maps may be unmapped.
    /// </summary>
    private MappedMemory? Open(Segment segment, long provenPosition)
    {
        if (_maps.TryGetValue(segment.Entry.Sequence, out MappedMemory? map))
        {
            return map;
        }

        if (_maps.Count == MaxMaps)
        {
            Dispose();
        }

        if (_names.Contains(Path.GetFileName(segment.Path)))
        {
            using LogFile file = _files.OpenFile(segment.Path, FileOpening.ReadWrite);
            if (_checked.Add(segment.Entry.Sequence))
            {
                Check(file, segment, provenPosition);
            }

            long length = SegmentOpening.CheckedLength(file, segment);
            if (length > SegmentHeader.PageBytes)
            {
                map = file.Map(length, writable: false);
                if (!map.TryPrepareForRead(0, length))
                {
                    map.Dispose();
                    throw CanReadWithoutMap(file, length)
                        ? SegmentErrors.NoSpaceToRead(_identity.Id, segment.Path)
                        : SegmentErrors.Unreadable(_identity.Id, segment.Path, provenPosition);
                }
            }
        }

        _maps.Add(segment.Entry.Sequence, map);
        return map;
    }

    /// <summary>
    /// Whether the device gives every byte; reading without a map takes no pages for unwritten parts.
    /// </summary>
    private static bool CanReadWithoutMap(LogFile file, long length)
    {
        byte[] buffer = new byte[256 << 10];
        try
        {
            for (long position = 0; position < length; position += buffer.Length)
            {
                _ = file.Read(buffer, position);
            }

            return true;
        }
        catch (FileSystemException)
        {
            return false;
        }
    }

    private void Check(LogFile file, Segment segment, long provenPosition)
    {
        Flush(file);
        if (provenPosition > SegmentHeader.PageBytes || _trustsCache)
        {
            // Some bytes of the segment were flushed, or must be in the cache, so its header must be good as well.
            // Otherwise the frames alone decide: the manifest has the uid for their checksums.
            SegmentOpening.Check(file, segment, provenPosition);
        }
    }

    private void Flush(LogFile file)
    {
        try
        {
            file.Flush(0, file.Length);
        }
        catch (FileSystemException)
        {
            // The good records are copied to another file and flushed there, so this failure alone loses nothing.
            _trustsCache = false;
        }
    }
}
