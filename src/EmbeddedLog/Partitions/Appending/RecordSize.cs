using System.Runtime.CompilerServices;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>The sizes of a record, and the checks that it must pass before anything is changed.</summary>
/// <param name="KeyLength">The key's bytes, or -1 for no key.</param>
/// <param name="HeadersLength">The bytes of the block of headers.</param>
/// <param name="ValueLength">The value's bytes, zero for null.</param>
internal readonly record struct RecordSize(int KeyLength, int HeadersLength, int ValueLength)
{
    /// <summary>The bytes that <c>MaxRecordBytes</c> bounds: key, value, and headers as stored.</summary>
    public long ContentBytes => Math.Max(KeyLength, 0) + (long)ValueLength + HeadersLength;

    /// <summary>The length of a frame with this record alone, without padding.</summary>
    public long FrameLength =>
        FrameLayout.HeaderBytes + RecordBody.MeasureKeyAndHeaders(KeyLength, HeadersLength) + ValueLength;

    /// <summary>The flags of the record.</summary>
    public FrameFlags Flags(in RawRecord record) =>
        (record.IsTombstone ? FrameFlags.NullValue : FrameFlags.None)
        | (HeadersLength != 0 ? FrameFlags.Headers : FrameFlags.None);

    /// <summary>Measures a record.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The timestamp does not fit into 48 bits.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Called, it would have the caller keep the record in memory.
    public static RecordSize Of(in RawRecord record)
    {
        if (record.Timestamp is (< FrameLayout.MinTimestamp or > FrameLayout.MaxTimestamp)
            and not RawRecord.NoTimestamp)
        {
            ThrowOutOfRange(record.Timestamp, nameof(record));
        }

        return new RecordSize(
            record.HasKey ? record.Key.Length : -1,
            record.Headers.IsEmpty ? 0 : MeasureHeaders(record.Headers),
            record.IsTombstone ? 0 : record.Value.Length);
    }

    private static void ThrowOutOfRange(long timestamp, string parameter) =>
        throw new ArgumentOutOfRangeException(
            parameter,
            $"The timestamp, {Units.Number(timestamp)} ms after 1970-01-01, lies outside the years -2,491 to 6,429, "
            + "which is what a record can hold. Nothing was appended. Correct it; it counts Unix milliseconds, not "
            + "ticks and not microseconds.");

    private static int MeasureHeaders(ReadOnlySpan<Header> headers)
    {
        long bytes = 0;
        foreach (ref readonly Header header in headers)
        {
            bytes += RecordHeaders.Measure(header.Key, header.HasValue ? header.Value.Length : -1);
        }

        // More than fits into a block never fits into a record; the caller's check reports that in the user's terms.
        return (int)Math.Min(bytes, int.MaxValue);
    }
}
