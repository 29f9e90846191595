using System.Buffers.Binary;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Storage;

namespace EmbeddedLog.Maintenance;

/// <summary>
/// Checks the index of a segment that has ended against its frames. An index is derived, so whatever is wrong with it
/// is harmless: a bad one is made again when it is needed.
/// </summary>
internal sealed class IndexCheck
{
    private const int EndPositionAt = 24;

    private readonly Segment _segment;
    private readonly IndexEntry[] _entries;
    private readonly VerifyFindings _findings;

    /// <summary>The next entry that a frame should be at.</summary>
    private int _next;

    private long _maxTimestamp = long.MinValue;
    private bool _abandoned;

    private IndexCheck(Segment segment, IndexEntry[] entries, VerifyFindings findings)
    {
        _segment = segment;
        _entries = entries;
        _findings = findings;
    }

    /// <summary>Loads the index; null where there is none, or it is damaged, which is told.</summary>
    public static IndexCheck? TryBegin(FileSystem files, Segment segment, VerifyFindings findings)
    {
        string path = segment.IndexPath;
        if (!files.FileExists(path))
        {
            return null;
        }

        uint end = (uint)segment.EndPosition;
        if (SegmentIndex.TryLoad(files, path, segment.Entry.Uid, end) is { } index)
        {
            return new IndexCheck(segment, index.Entries.ToArray(), findings);
        }

        // One that was stored when the log was last closed, while the segment went on, is only out of date.
        if (!IsOfAnotherEnd(files, path, end))
        {
            Tell(findings, segment, 0, "an index of the segment", "a damaged one");
        }

        return null;
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

    /// <summary>Notes the segment's end, where the last entry stands.</summary>
    public void Finish(long position, long offset)
    {
        if (_next < _entries.Length)
        {
            Compare(position, offset);
        }
    }

    /// <summary>Compares no more: a segment that is damaged says nothing about its index.</summary>
    public void Abandon() => _abandoned = true;

    private void Compare(long position, long offset)
    {
        IndexEntry expected = new((uint)(offset - _segment.BaseOffset), (uint)position, _maxTimestamp);
        if (!_abandoned && _entries[_next] != expected)
        {
            Tell(_findings, _segment, _next, expected.ToString(), _entries[_next].ToString());
            _abandoned = true;
        }

        _next++;
    }

    private static bool IsOfAnotherEnd(FileSystem files, string path, uint end)
    {
        try
        {
            using LogFile file = files.OpenFile(path, FileOpening.Read);
            Span<byte> header = stackalloc byte[IndexCodec.HeaderBytes];
            return file.Read(header, 0) == header.Length
                && BinaryPrimitives.ReadUInt32LittleEndian(header[EndPositionAt..]) != end;
        }
        catch (FileSystemException)
        {
            return false;
        }
    }

    private static void Tell(
        VerifyFindings findings, Segment segment, int entry, string expected, string actual) =>
        findings.Add(new VerifyFinding(
            segment.Partition,
            segment.IndexPath,
            entry == 0 ? 0 : IndexCodec.HeaderBytes + ((long)entry * IndexCodec.EntryBytes),
            expected,
            actual,
            null,
            null,
            IsHarmless: true));
}
