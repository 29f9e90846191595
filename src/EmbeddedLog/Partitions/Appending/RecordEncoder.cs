using System.Runtime.CompilerServices;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Frames;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>Writes records into frames and batches.</summary>
internal static unsafe class RecordEncoder
{
    /// <summary>Larger records are copied first: their checksum is faster over the whole record.</summary>
    private const int MaxSmallBytes = 1024;

    /// <summary>
    /// Writes the body of a frame with one record, behind the frame's header; returns the checksum's register after it.
    /// </summary>
    /// <param name="frame">The frame's first byte; its last word is zero.</param>
    /// <param name="record">The record.</param>
    /// <param name="size">Its size.</param>
    /// <param name="crc">The register before the body.</param>
    /// <param name="paddedLength">The padded length of the frame.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint WriteSingle(byte* frame, in RawRecord record, in RecordSize size, uint crc, int paddedLength)
    {
        byte* body = frame + FrameLayout.HeaderBytes;
        if (size.HeadersLength != 0 || paddedLength > MaxSmallBytes)
        {
            WriteLarge(body, record, size);
            return FrameCrc.Append(crc, body, paddedLength - FrameLayout.HeaderBytes);
        }

        ChecksummedWriter writer = new(body, crc);
        writer.WriteVarint((ulong)(size.KeyLength + 1));
        if (size.KeyLength > 0)
        {
            writer.Write(record.Key);
        }

        if (size.ValueLength > 0)
        {
            writer.Write(record.Value);
        }

        return writer.Finish();
    }

    /// <summary>Writes a record of a batch; returns the place of the next.</summary>
    public static byte* WriteInBatch(byte* at, in RawRecord record, RecordSize size, int index)
    {
        FrameFlags flags = size.Flags(record);
        if (record.Timestamp != RawRecord.NoTimestamp)
        {
            flags |= FrameFlags.OwnTimestamp;
        }

        at = BatchFrame.WriteRecordStart(at, flags, record.Timestamp, index);
        at = WriteKeyAndHeaders(at, record, size);
        at = RecordBody.WriteVarint(at, (ulong)size.ValueLength);
        if (!record.IsTombstone)
        {
            record.Value.CopyTo(new Span<byte>(at, size.ValueLength));
        }

        return at + size.ValueLength;
    }

    private static void WriteLarge(byte* body, in RawRecord record, RecordSize size)
    {
        byte* at = WriteKeyAndHeaders(body, record, size);
        if (!record.IsTombstone)
        {
            record.Value.CopyTo(new Span<byte>(at, size.ValueLength));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* WriteKeyAndHeaders(byte* at, in RawRecord record, RecordSize size)
    {
        ReadOnlySpan<byte> key = record.HasKey ? record.Key : default;
        at = RecordBody.WriteKeyAndHeadersLength(at, key, record.HasKey, size.HeadersLength);
        return size.HeadersLength == 0 ? at : WriteHeaders(at, record.Headers);
    }

    private static byte* WriteHeaders(byte* at, ReadOnlySpan<Header> headers)
    {
        foreach (ref readonly Header header in headers)
        {
            at = RecordHeaders.Write(at, header.Key, header.Value.Span, header.HasValue);
        }

        return at;
    }
}
