using System.Buffers;
using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Storage;

/// <summary>Opens the files of segments that are written, and checks that they are what the manifest says.</summary>
internal static class SegmentOpening
{
    /// <summary>Maps a segment that has ended, read-only, from its first byte to its end.</summary>
    public static MappedMemory MapForReading(FileSystem files, Segment segment)
    {
        try
        {
            using LogFile file = files.OpenFile(segment.Path, FileOpening.Read);
            Check(file, segment, segment.EndPosition);
            return file.Map(segment.EndPosition, writable: false);
        }
        catch (FileSystemException failure)
        {
            throw StorageErrors.Translate(failure, segment.Partition);
        }
    }

    /// <summary>Checks an open file against the manifest and the position that its frames reach to.</summary>
    /// <exception cref="CorruptLogException">It is too short, or its header is damaged or that of another
    /// segment.</exception>
    public static SegmentHeader Check(LogFile file, Segment segment, long end)
    {
        long length = file.Length;
        if (length < end)
        {
            throw StorageErrors.Corrupt(
                segment.Partition, segment.Path, length, "the file is cut short",
                $"at least {end} bytes", $"{length} bytes");
        }

        byte[] page = ArrayPool<byte>.Shared.Rent(SegmentHeader.PageBytes);
        try
        {
            Span<byte> header = page.AsSpan(0, SegmentHeader.PageBytes);
            header = header[..file.Read(header, 0)];
            return CheckHeader(header, segment);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(page);
        }
    }

    private static SegmentHeader CheckHeader(ReadOnlySpan<byte> page, Segment segment)
    {
        HeaderStatus status = SegmentHeader.TryRead(page, out SegmentHeader header);
        if (status == HeaderStatus.NewerVersion)
        {
            throw StorageErrors.NewerFormat(segment.Path);
        }

        if (status != HeaderStatus.Valid)
        {
            throw StorageErrors.Corrupt(
                segment.Partition, segment.Path, 0, "the segment's header is damaged", "a valid header",
                status == HeaderStatus.Blank ? "zeros" : "a wrong checksum");
        }

        SegmentEntry entry = segment.Entry;
        if (header.Uid != entry.Uid || header.BaseOffset != entry.BaseOffset || header.Sequence != entry.Sequence
            || header.PredecessorUid != entry.PredecessorUid || header.PredecessorEnd != entry.PredecessorEnd)
        {
            throw StorageErrors.Corrupt(
                segment.Partition, segment.Path, 0, "the file is another segment than the manifest says",
                $"uid {entry.Uid:x16} at offset {entry.BaseOffset}",
                $"uid {header.Uid:x16} at offset {header.BaseOffset}");
        }

        return header;
    }
}
