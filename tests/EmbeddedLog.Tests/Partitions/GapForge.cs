using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;

namespace EmbeddedLog.Tests.Partitions;

/// <summary>
/// Takes records out of a segment's file as FORMAT.md says, "Offsets": with gaps in their places. The index, which is
/// derived, goes.
/// </summary>
internal static unsafe class GapForge
{
    /// <summary>Puts one gap into the place of each run of frames that are to go.</summary>
    /// <returns>The offsets that are gone.</returns>
    public static List<long> Replace(FileSystem files, string path, Func<FrameExtent, bool> isToGo) =>
        Change(files, path, (memory, header, limit) =>
        {
            List<long> gone = [];
            List<(long Position, int Length, FrameExtent Extent)> frames = Walk(memory, header, limit);
            bool IsToGo(FrameExtent extent) => extent.Type is FrameType.Record or FrameType.Batch && isToGo(extent);
            for (int i = 0; i < frames.Count; i++)
            {
                if (!IsToGo(frames[i].Extent))
                {
                    continue;
                }

                int last = i;
                while (last + 1 < frames.Count && IsToGo(frames[last + 1].Extent))
                {
                    last++;
                }

                long end = frames[last].Position + FrameLayout.Padded(frames[last].Length);
                WriteGap(
                    memory, header, frames[i].Position, end, frames[i].Extent.FirstOffset,
                    frames[last].Extent.NextOffset);
                for (long offset = frames[i].Extent.FirstOffset; offset < frames[last].Extent.NextOffset; offset++)
                {
                    gone.Add(offset);
                }

                i = last;
            }

            return gone;
        });

    /// <summary>Makes the first frame a gap of so many offsets, whatever it held.</summary>
    public static void ReplaceFirst(FileSystem files, string path, long count) =>
        Change(files, path, (memory, header, limit) =>
        {
            (long position, int length, FrameExtent extent) = Walk(memory, header, limit)[0];
            long end = position + FrameLayout.Padded(length);
            WriteGap(memory, header, position, end, extent.FirstOffset, extent.FirstOffset + count);
            return true;
        });

    /// <summary>
    /// Takes the last record out of each batch, whose offsets stay as they are. What becomes free behind it is a gap of
    /// no offsets, or nothing behind the last frame, where nobody knows the end.
    /// </summary>
    /// <returns>The offsets that are gone.</returns>
    public static List<long> TrimBatches(FileSystem files, string path, bool endIsKnown) =>
        Change(files, path, (memory, header, limit) =>
        {
            List<long> gone = [];
            List<(long Position, int Length, FrameExtent Extent)> frames = Walk(memory, header, limit);
            foreach ((long position, int length, FrameExtent extent) in frames)
            {
                if (extent.Type == FrameType.Batch)
                {
                    int kept = Trim(memory + position, length, header);
                    FrameHeader.WriteCrc(
                        memory + position,
                        FrameCrc.Compute(FrameCrc.SegmentSeed(header.Uid), position, memory + position, kept));
                    FrameHeader.WriteLengthRelease(memory + position, (uint)kept);
                    if (endIsKnown || position != frames[^1].Position)
                    {
                        WriteGap(
                            memory, header, position + FrameLayout.Padded(kept),
                            position + FrameLayout.Padded(length), extent.NextOffset, extent.NextOffset);
                    }

                    gone.Add(extent.NextOffset - 1);
                }
            }

            return gone;
        });

    /// <summary>Whether a file is a segment that has begun.</summary>
    public static bool IsUsed(FileSystem files, string path)
    {
        using LogFile file = files.OpenFile(path, FileOpening.Read);
        byte[] page = new byte[SegmentHeader.PageBytes];
        return file.Read(page, 0) == page.Length && SegmentHeader.TryRead(page, out _) == BlockStatus.Valid;
    }

    /// <summary>The header of a segment.</summary>
    public static SegmentHeader ReadHeader(FileSystem files, string path)
    {
        using LogFile file = files.OpenFile(path, FileOpening.Read);
        byte[] page = new byte[SegmentHeader.PageBytes];
        file.Read(page, 0);
        Assert.Equal(BlockStatus.Valid, SegmentHeader.TryRead(page, out SegmentHeader header));
        return header;
    }

    /// <summary>Lets a segment begin at another offset, in its header and in the manifest.</summary>
    public static void MoveSegment(FileSystem files, string path, long baseOffset, ulong topicUid)
    {
        SegmentHeader header = ReadHeader(files, path) with { BaseOffset = baseOffset };
        byte[] page = new byte[SegmentHeader.PageBytes];
        header.Write(page);
        using (LogFile file = files.OpenFile(path, FileOpening.ReadWrite))
        {
            file.Write(page, 0);
            file.Flush(0, page.Length);
        }

        string manifestPath = Path.Combine(Path.GetDirectoryName(path)!, "manifest");
        using LogFile manifest = files.OpenFile(manifestPath, FileOpening.ReadWrite);
        byte[] record = new byte[ManifestRecord.Bytes];
        for (long at = ManifestRecord.Bytes; manifest.Read(record, at) == record.Length; at += record.Length)
        {
            if (ManifestRecord.TryRead(record, topicUid, at, out ManifestRecord read, out _) == BlockStatus.Valid
                && read.Segment.Uid == header.Uid)
            {
                ManifestRecord.Add(read.Segment with { BaseOffset = baseOffset }, read.ProvenEnd)
                    .Write(record, topicUid, at);
                manifest.Write(record, at);
                manifest.Flush(0, manifest.Length);
                return;
            }
        }

        Assert.Fail("The manifest does not list the segment.");
    }

    private static int Trim(byte* frame, int length, in SegmentHeader header)
    {
        Assert.True(BatchFrame.TryOpen(frame, length, header.BaseOffset, out BatchFrame batch));
        Assert.InRange(batch.Remaining, 2, 127);
        int records = batch.Remaining;
        byte* last = frame;
        while (batch.Remaining > 0)
        {
            last = batch.Next;
            Assert.True(batch.TryReadNext(out _));
        }

        new Span<byte>(last, (int)(frame + FrameLayout.Padded(length) - last)).Clear();
        frame[FrameLayout.HeaderBytes] = (byte)(records - 1);
        return (int)(last - frame);
    }

    private static void WriteGap(byte* memory, in SegmentHeader header, long from, long to, long first, long next)
    {
        int length = (int)(to - from);
        new Span<byte>(memory + from, length).Clear();
        GapFrame.Write(
            new Span<byte>(memory + from, Math.Min(length, GapFrame.MinBytes)),
            FrameCrc.SegmentSeed(header.Uid),
            from,
            length,
            (uint)(first - header.BaseOffset),
            next - first);
    }

    private static List<(long Position, int Length, FrameExtent Extent)> Walk(
        byte* memory, in SegmentHeader header, long limit)
    {
        List<(long, int, FrameExtent)> frames = [];
        FrameWalker walker = new(
            memory, FrameCrc.SegmentSeed(header.Uid), SegmentHeader.PageBytes, limit);
        while (walker.MoveNext())
        {
            Assert.True(FrameExtent.TryRead(walker.Frame, walker.Length, header.BaseOffset, out FrameExtent extent));
            frames.Add((walker.Position, walker.Length, extent));
        }

        return frames;
    }

    private static T Change<T>(FileSystem files, string path, Work<T> work)
    {
        using LogFile file = files.OpenFile(path, FileOpening.ReadWrite);
        byte[] bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(bytes, 0));
        Span<byte> page = bytes.AsSpan(0, SegmentHeader.PageBytes);
        Assert.Equal(BlockStatus.Valid, SegmentHeader.TryRead(page, out SegmentHeader header));
        T result;
        fixed (byte* memory = bytes)
        {
            result = work(memory, header, bytes.Length);
        }

        file.Write(bytes, 0);
        file.Flush(0, bytes.Length);
        string index = Path.ChangeExtension(path, ".index");
        if (files.FileExists(index))
        {
            files.DeleteFile(index);
        }

        return result;
    }

    private delegate T Work<T>(byte* memory, SegmentHeader header, long limit);
}
