using System.Buffers;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;

namespace EmbeddedLog.Segments.Reading;

/// <summary>Opens the files of segments, and checks that they are what the manifest says.</summary>
internal static class SegmentOpening
{
    /// <summary>Maps a segment that has ended, read-only, from its first byte to its end.</summary>
    public static MappedMemory MapForReading(FileSystem files, Segment segment)
    {
        if (segment.EndPosition is < SegmentHeader.PageBytes or > FormatLimits.MaxSegmentBytes)
        {
            throw FileErrors.Corrupt(
                segment.Partition, segment.Path, segment.EndPosition, "the manifest ends the segment at no such place",
                $"from {SegmentHeader.PageBytes} to {FormatLimits.MaxSegmentBytes}", $"{segment.EndPosition}");
        }

        try
        {
            using LogFile file = files.OpenFile(segment.Path, FileOpening.Read);
            Check(file, segment, segment.EndPosition);
            return file.Map(segment.EndPosition, writable: false);
        }
        catch (FileSystemException failure)
        {
            throw FileErrors.Translate(failure, segment.Partition);
        }
    }

    /// <summary>
    /// Maps the file of a segment that another process writes, as long as it is or may get, unless the map that there
    /// is will do.
    /// </summary>
    /// <param name="files">The file system.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="mapAhead">How large the file may get.</param>
    /// <param name="map">The present map or null; replaced by one that is long enough.</param>
    /// <param name="readable">The size of the file: what may be touched, for it never shrinks.</param>
    /// <returns>False where the file is gone, or is not what the manifest says yet.</returns>
    public static bool TryMapShared(
        FileSystem files, Segment segment, long mapAhead, ref MappedMemory? map, out long readable)
    {
        readable = 0;
        try
        {
            using LogFile file = files.OpenFile(segment.Path, FileOpening.ReadShared);
            if (map is null)
            {
                long end = segment.EndPosition;
                Check(file, segment, end == long.MaxValue ? SegmentHeader.PageBytes : end);
            }

            // Above the greatest size nothing is ever looked at: what is mapped is bounded, whatever the file says.
            long length = Math.Min(file.Length, FormatLimits.MaxSegmentBytes);
            if (map is null || map.Length < length)
            {
                map = file.Map(Math.Max(length, mapAhead), writable: false);
            }

            readable = Math.Min(length, map.Length);
            return true;
        }
        catch (FileSystemException failure) when (failure.Error == FileSystemError.NotFound)
        {
            return false;
        }
        catch (FileSystemException failure)
        {
            throw FileErrors.Translate(failure, segment.Partition);
        }
    }

    /// <summary>Checks an open file against the manifest and the position that its frames reach to.</summary>
    /// <exception cref="CorruptLogException">It is too short, or its header is damaged or that of another
    /// segment.</exception>
    public static SegmentHeader Check(LogFile file, Segment segment, long end)
    {
        long length = CheckedLength(file, segment);
        if (length < end)
        {
            throw FileErrors.Corrupt(
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

    /// <summary>The size of a segment's file, which may be mapped and read as a whole.</summary>
    /// <exception cref="CorruptLogException">It is larger than any segment.</exception>
    public static long CheckedLength(LogFile file, Segment segment)
    {
        long length = file.Length;
        return length <= FormatLimits.MaxSegmentBytes
            ? length
            : throw FileErrors.Corrupt(
                segment.Partition, segment.Path, FormatLimits.MaxSegmentBytes, "the file is larger than any segment",
                $"at most {FormatLimits.MaxSegmentBytes} bytes", $"{length} bytes");
    }

    /// <summary>Checks the first page of a segment's file, as far as the file has it, against the manifest.</summary>
    /// <exception cref="CorruptLogException">It is damaged, or that of another segment.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version wrote it.</exception>
    public static SegmentHeader CheckHeader(ReadOnlySpan<byte> page, Segment segment)
    {
        HeaderStatus status = SegmentHeader.TryRead(page, out SegmentHeader header);
        if (status == HeaderStatus.NewerVersion)
        {
            throw FileErrors.NewerFormat(segment.Path);
        }

        if (status != HeaderStatus.Valid)
        {
            throw FileErrors.Corrupt(
                segment.Partition, segment.Path, 0, "the segment's header is damaged", "a valid header",
                status == HeaderStatus.Blank ? "zeros" : "a wrong checksum");
        }

        SegmentEntry entry = segment.Entry;
        if (header.Uid != entry.Uid || header.BaseOffset != entry.BaseOffset || header.Sequence != entry.Sequence
            || header.PredecessorUid != entry.PredecessorUid || header.PredecessorEnd != entry.PredecessorEnd)
        {
            throw FileErrors.Corrupt(
                segment.Partition, segment.Path, 0, "the file is another segment than the manifest says",
                $"uid {entry.Uid:x16} at offset {entry.BaseOffset}",
                $"uid {header.Uid:x16} at offset {header.BaseOffset}");
        }

        return header;
    }
}
