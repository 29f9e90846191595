using System.Buffers;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Segments.Reading;

/// <summary>Opens the files of segments, and compares them with the manifest.</summary>
internal static class SegmentOpening
{
    /// <summary>Maps a segment that has ended, read-only, from its first byte to its end.</summary>
    public static MappedMemory MapForReading(FileSystem files, SegmentExtent segment)
    {
        if (segment.EndPosition is < SegmentHeader.PageBytes or > FormatLimits.MaxSegmentBytes)
        {
            throw FileErrors.Corrupt(
                segment.Partition, segment.Path, segment.EndPosition, "the manifest has an impossible end",
                $"from {Units.Size(SegmentHeader.PageBytes)} to {Units.Size(FormatLimits.MaxSegmentBytes)}",
                Units.Size(segment.EndPosition));
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

    /// <summary>Checks an open file against the manifest and the position that its frames reach to.</summary>
    /// <exception cref="CorruptLogException">It is too short, or its header is damaged or that of another
    /// segment.</exception>
    public static SegmentHeader Check(LogFile file, SegmentExtent segment, long end)
    {
        long length = CheckedLength(file, segment);
        if (length < end)
        {
            throw FileErrors.Corrupt(
                segment.Partition, segment.Path, length, "the file is cut short",
                $"at least {Units.Size(end)}", Units.Size(length));
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
    public static long CheckedLength(LogFile file, SegmentExtent segment)
    {
        long length = file.Length;
        return length <= FormatLimits.MaxSegmentBytes
            ? length
            : throw FileErrors.Corrupt(
                segment.Partition, segment.Path, FormatLimits.MaxSegmentBytes, "the file is larger than any segment",
                $"at most {Units.Size(FormatLimits.MaxSegmentBytes)}", Units.Size(length));
    }

    /// <summary>Checks the first page of a segment's file, as far as the file has it, against the manifest.</summary>
    /// <exception cref="CorruptLogException">It is damaged, or that of another segment.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version wrote it.</exception>
    public static SegmentHeader CheckHeader(ReadOnlySpan<byte> page, SegmentExtent segment)
    {
        BlockStatus status = SegmentHeader.TryRead(page, out SegmentHeader header);
        if (status == BlockStatus.NewerVersion)
        {
            throw FileErrors.NewerFormat(segment.Path);
        }

        if (status != BlockStatus.Valid)
        {
            throw FileErrors.Corrupt(
                segment.Partition, segment.Path, 0, "the segment's header is damaged", "a valid header",
                status == BlockStatus.Blank ? "zeros" : "a wrong checksum");
        }

        SegmentEntry entry = segment.Entry;
        if (header.Uid != entry.Uid || header.BaseOffset != entry.BaseOffset || header.Sequence != entry.Sequence
            || header.PredecessorUid != entry.PredecessorUid || header.PredecessorEnd != entry.PredecessorEnd)
        {
            throw FileErrors.Corrupt(
                segment.Partition, segment.Path, 0, "the file is another segment than in the manifest",
                $"uid {entry.Uid:x16} at offset {entry.BaseOffset}",
                $"uid {header.Uid:x16} at offset {header.BaseOffset}");
        }

        return header;
    }
}
