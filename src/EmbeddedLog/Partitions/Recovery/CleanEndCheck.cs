using System.Buffers.Binary;
using EmbeddedLog.Errors;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.Recovery;

/// <summary>The place where a log was closed cleanly and appends go on.</summary>
internal static class CleanEndCheck
{
    /// <summary>
    /// Checks that no frame follows: a good frame would be from an owner that the session does not have, and the next
    /// append would overwrite it.
    /// </summary>
    /// <exception cref="CorruptLogException">A good frame follows.</exception>
    public static void Check(SegmentWriter writer, in DurablePoint end)
    {
        LogFile file = writer.File.TryUse() ?? throw SharedErrors.Disposed();
        try
        {
            Check(file, writer.Segment, end.Offset, end.Position);
        }
        finally
        {
            writer.File.Release();
        }
    }

    /// <summary>The same for a reader.</summary>
    /// <exception cref="CorruptLogException">A good frame follows.</exception>
    public static void Check(LogFile file, Segment segment, long offset, long position)
    {
        if (HasFrame(file, segment.CrcSeed, position))
        {
            throw FileErrors.Corrupt(
                segment.Partition,
                segment.Path,
                position,
                "a frame follows where the log was closed: session, list and checkpoint were put back from an "
                + "earlier moment, or the segment is from a later one",
                $"nothing behind offset {offset}",
                "a good frame",
                offset);
        }
    }

    private static unsafe bool HasFrame(LogFile file, uint seed, long position)
    {
        Span<byte> word = stackalloc byte[sizeof(uint)];
        if (file.Read(word, position) < word.Length)
        {
            return false;
        }

        // Mostly zero; nothing more is read then.
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(word);
        long room = Math.Min(file.Length, FormatLimits.MaxSegmentBytes) - position;
        if (length < FrameLayout.HeaderBytes || length > room)
        {
            return false;
        }

        byte[] frame = new byte[Math.Min(room, length + (long)FrameLayout.Alignment)];
        int read = file.Read(frame, position);
        fixed (byte* first = frame)
        {
            return FrameReader.Check(first - position, seed, position, position + read, out _)
                is FrameCheck.Valid or FrameCheck.Unknown;
        }
    }
}
