using System.Runtime.CompilerServices;
using EmbeddedLog.Format;

namespace EmbeddedLog.Storage;

/// <summary>Writes records into frames and batches.</summary>
internal static unsafe class RecordEncoder
{
    /// <summary>Writes the body of a frame with one record, behind the frame's header.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteSingle(byte* frame, in RawRecord record, RecordSize size)
    {
        byte* at = WriteKeyAndHeaders(frame + FrameLayout.HeaderBytes, record, size);
        if (!record.IsTombstone)
        {
            record.Value.CopyTo(new Span<byte>(at, size.ValueLength));
        }
    }

    /// <summary>Writes a record of a batch; returns where the next goes.</summary>
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
            at = HeaderBlock.Write(at, header.Key, header.Value.Span, header.HasValue);
        }

        return at;
    }
}
