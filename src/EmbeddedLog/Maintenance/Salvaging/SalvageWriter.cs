using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Maintenance.Salvaging;

/// <summary>Writes what a salvage makes: new segments, and copies of what was found.</summary>
internal static class SalvageWriter
{
    private const int ChunkBytes = 256 << 10;

    /// <summary>
    /// Writes a segment anew, flushed: each good frame where it was, so that its checksum holds and nothing that names
    /// a position in the segment changes; a gap in each place between. The name is for the caller to sync.
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

    /// <summary>Copies a file as it is, flushed. What the device cannot read is zeros.</summary>
    public static unsafe void CopyEvidence(
        FileSystem files, string from, string to, CancellationToken cancellation)
    {
        using FileReader reader = FileReader.Open(files, from, out long length);
        using LogFile file = files.OpenFile(to, FileOpening.CreateNew);
        file.SetLength(length);
        for (long at = 0; at < length; at += FileReader.MaxBytes)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = (int)Math.Min(FileReader.MaxBytes, length - at);
            if (reader.TryGet(at, count, out byte* bytes))
            {
                file.Write(new ReadOnlySpan<byte>(bytes, count), at);
            }
        }

        file.Flush(0, length);
    }

    private static void WriteGap(LogFile file, Segment segment, in SurveyedPart gap)
    {
        long length = gap.EndPosition - gap.Position;
        long count = gap.NextOffset - gap.FirstOffset;
        if (length < (count > 0 ? GapFrame.MinBytes : FrameLayout.HeaderBytes) || count > uint.MaxValue)
        {
            // No frame is shorter, so that only the manifest, or a checkpoint, can have said so.
            throw FileErrors.Corrupt(
                segment.Partition,
                segment.Path,
                gap.Position,
                "the manifest or the checkpoint does not fit the segment",
                $"{count} records",
                $"{length} bytes",
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
