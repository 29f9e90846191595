using System.Buffers.Binary;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Index;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Maintenance.Verification;

/// <summary>
/// Checks the index of an ended segment against its frames. An index is derived, so a bad one is not reported but made
/// again, and a missing one is made when it is needed.
/// </summary>
internal sealed class IndexCheck
{
    private const int EndPositionAt = 24;

    private readonly Segment _segment;
    private readonly IndexEntry[] _entries;

    /// <summary>The next entry that a frame must match.</summary>
    private int _next;

    private long _maxTimestamp = long.MinValue;
    private bool _abandoned;

    private IndexCheck(Segment segment, IndexEntry[] entries)
    {
        _segment = segment;
        _entries = entries;
    }

    /// <summary>Whether the index is damaged, or differs from the frames.</summary>
    public bool IsBad { get; private set; }

    /// <summary>Loads the index; null if there is nothing to check.</summary>
    public static IndexCheck? TryBegin(FileSystem files, Segment segment)
    {
        string path = segment.IndexPath;
        uint end = (uint)segment.EndPosition;
        if (SegmentIndex.TryLoad(files, path, segment.Entry.Uid, end) is { } index)
        {
            return new IndexCheck(segment, index.Entries.ToArray());
        }

        // An index from the last close of a segment that went on is only out of date, and a segment that has just ended
        // may be about to get its index.
        return !files.FileExists(path) || IsOfAnotherEnd(files, path, end)
            ? null
            : new IndexCheck(segment, []) { IsBad = true };
    }

    /// <summary>Notes a good frame, in order.</summary>
    public void Note(long position, in FrameExtent extent)
    {
        if (_next < _entries.Length && _entries[_next].Position <= position)
        {
            Compare(position, extent.FirstOffset);
        }

        _maxTimestamp = Math.Max(_maxTimestamp, extent.MaxTimestamp);
    }

    /// <summary>Notes the segment's end, at which the last entry must be.</summary>
    public void Finish(long position, long offset)
    {
        if (_next < _entries.Length)
        {
            Compare(position, offset);
        }
    }

    /// <summary>Stops comparing: a damaged segment proves nothing about its index.</summary>
    public void Abandon()
    {
        _abandoned = true;
        IsBad = false;
    }

    private void Compare(long position, long offset)
    {
        IndexEntry expected = new((uint)(offset - _segment.BaseOffset), (uint)position, _maxTimestamp);
        IsBad |= !_abandoned && _entries[_next] != expected;

        _next++;
    }

    private static bool IsOfAnotherEnd(FileSystem files, string path, uint end)
    {
        try
        {
            using LogFile file = files.OpenFile(path, FileOpening.Read);
            Span<byte> header = stackalloc byte[IndexCodec.HeaderBytes];
            return file.Read(header, 0) == header.Length && header.StartsWith(IndexCodec.Magic)
                && BinaryPrimitives.ReadUInt32LittleEndian(header[EndPositionAt..]) != end;
        }
        catch (FileSystemException)
        {
            return false;
        }
    }
}
