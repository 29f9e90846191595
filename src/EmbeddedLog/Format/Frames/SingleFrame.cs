using System.Runtime.CompilerServices;

namespace EmbeddedLog.Format.Frames;

/// <summary>Finds the record in a frame of type <see cref="FrameType.Record"/>.</summary>
internal static unsafe class SingleFrame
{
    /// <summary>
    /// Finds the record's parts; false if the frame is malformed, which with a valid checksum means forged.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(byte* frame, int length, long baseOffset, out RecordFields record)
    {
        record = default;
        byte* at = frame + FrameLayout.HeaderBytes;
        byte* end = frame + length;
        FrameFlags flags = FrameHeader.ReadFlags(frame);
        record.Offset = baseOffset + FrameHeader.ReadOffsetDelta(frame);
        record.Timestamp = FrameHeader.ReadTimestamp(frame);
        if (!RecordBody.TryReadKeyAndHeaders(ref at, end, flags, ref record))
        {
            return false;
        }

        record.Value = at;
        record.ValueLength = (flags & FrameFlags.NullValue) != 0 ? -1 : (int)(end - at);
        return record.ValueLength >= 0 || at == end;
    }
}
