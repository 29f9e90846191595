using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Maintenance.Salvaging;

/// <summary>Writes the new segments of a salvage.</summary>
internal static class SalvageWriter
{
    private const int ChunkBytes = 256 << 10;

    /// <summary>
    /// Writes a segment anew, flushed: each good frame at its position, so that its checksum is valid and positions in
    /// the segment do not change, and a gap in each region between. The caller syncs the name.
    /// </summary>
    /// <exception cref="FileSystemException">There is no space, or another failure; the file may be there.</exception>
    public static void WriteSegment(
        FileSystem files, string path, SalvagedSegment salvaged, SegmentHeader header, CancellationToken cancellation)
    {
        using LogFile file = files.OpenFile(path, FileOpening.CreateNew);

        // With room for a seal, which each opening expects behind the last frame.
        file.SetLength(salvaged.EndPosition + FrameLayout.SealBytes);
        byte[] page = new byte[SegmentHeader.PageBytes];
        header.Write(page);
        file.Write(page, 0);
        long position = SegmentHeader.PageBytes;
        using LogFile? source = salvaged.Survey.Length == 0
            ? null
            : files.OpenFile(salvaged.Segment.Path, FileOpening.Read);
        foreach (SurveyedPart gap in salvaged.Gaps)
        {
            Copy(source, file, position, gap.Position, cancellation);
            WriteGap(file, salvaged.Segment, gap);
            position = gap.EndPosition;
        }

        Copy(source, file, position, salvaged.EndPosition, cancellation);
        file.Flush(0, salvaged.EndPosition + FrameLayout.SealBytes);
    }

    /// <summary>Whether a frame fits that says which offsets are gone, if any are.</summary>
    public static bool HasRoomForGap(in SurveyedPart gap) =>
        gap.EndPosition - gap.Position
            >= (gap.NextOffset > gap.FirstOffset ? GapFrame.MinBytes : FrameLayout.HeaderBytes);

    private static void WriteGap(LogFile file, Segment segment, in SurveyedPart gap)
    {
        long length = gap.EndPosition - gap.Position;
        long count = gap.NextOffset - gap.FirstOffset;
        if (!HasRoomForGap(gap) || count > uint.MaxValue)
        {
            // No frame is shorter, so this comes from a wrong manifest or checkpoint.
            throw FileErrors.Corrupt(
                segment.Partition,
                segment.Path,
                gap.Position,
                "the manifest or the checkpoint does not fit the segment",
                $"{count} records",
                Units.Size(length),
                gap.FirstOffset);
        }

        byte[] frame = new byte[Math.Min(length, GapFrame.MinBytes)];
        GapFrame.Write(
            frame, segment.CrcSeed, gap.Position, (int)length, (uint)(gap.FirstOffset - segment.BaseOffset), count);
        file.Write(frame, gap.Position);
    }

    private static void Copy(
        LogFile? source, LogFile destination, long from, long to, CancellationToken cancellation)
    {
        if (source is null || from >= to)
        {
            return;
        }

        byte[] chunk = new byte[Math.Min(ChunkBytes, to - from)];
        for (long at = from; at < to; at += chunk.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<byte> part = chunk.AsSpan(0, (int)Math.Min(chunk.Length, to - at));
            part = part[..source.Read(part, at)];
            destination.Write(part, at);
        }
    }
}
