using System.Runtime.InteropServices;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// Records that are appended to one partition as a unit: all or none of them, next to each other, with one header and
/// one checksum for all. Reusable after <see cref="Clear"/>; for one thread at a time.
/// </summary>
public sealed class RecordBatch
{
    private const int InitialBytes = 4096;

    /// <summary>The records as encoded in the frame. Pinned, so that encoding needs no bounds checks.</summary>
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(InitialBytes, pinned: true);

    private int _length;

    /// <summary>The number of records.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of the records in the log, without the shared header.</summary>
    public int Bytes => _length;

    /// <summary>The bytes of key, value and headers of the largest record.</summary>
    internal long LargestContentBytes { get; private set; }

    /// <summary>The greatest timestamp given; <see cref="long.MinValue"/> without any.</summary>
    internal long MaxOwnTimestamp { get; private set; } = long.MinValue;

    /// <summary>Whether any record takes the time of the append.</summary>
    internal bool AnyWithoutTimestamp { get; private set; }

    /// <summary>The encoded records.</summary>
    internal ReadOnlySpan<byte> Encoded => _bytes.AsSpan(0, _length);

    /// <summary>Adds a record; its bytes are copied.</summary>
    /// <param name="record">The record.</param>
    /// <exception cref="ArgumentOutOfRangeException">The timestamp does not fit into 48 bits.</exception>
    /// <exception cref="RecordTooLargeException">The batch would exceed 1 GiB, the largest segment.</exception>
    public unsafe void Add(in RawRecord record)
    {
        RecordSize size = RecordSize.Of(record);
        bool own = record.Timestamp != RawRecord.NoTimestamp;
        long needed = _length
            + BatchFrame.MeasureRecord(size.KeyLength, size.HeadersLength, size.ValueLength, own, Count);
        if (needed > _bytes.Length - Varint.MaxBytes64)
        {
            Grow(needed);
        }

        byte* start = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);
        _length = (int)(RecordEncoder.WriteInBatch(start + _length, record, size, Count) - start);
        Count++;
        LargestContentBytes = Math.Max(LargestContentBytes, size.ContentBytes);
        MaxOwnTimestamp = own ? Math.Max(MaxOwnTimestamp, record.Timestamp) : MaxOwnTimestamp;
        AnyWithoutTimestamp |= !own;
    }

    /// <summary>Removes all records and keeps the memory.</summary>
    public void Clear()
    {
        _length = 0;
        Count = 0;
        LargestContentBytes = 0;
        MaxOwnTimestamp = long.MinValue;
        AnyWithoutTimestamp = false;
    }

    private void Grow(long needed)
    {
        const int MaxBytes = 1 << 30;
        if (needed > MaxBytes)
        {
            throw new RecordTooLargeException(
                $"A batch holds at most {Units.Size(MaxBytes)}, and with this record it would hold "
                + $"{Units.Size(needed)}. Append what it holds, clear it, and add the record again.");
        }

        // Room for one more varint lets the encoder write without checking the end.
        long size = Math.Max(2L * _bytes.Length, needed + Varint.MaxBytes64);
        byte[] larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(size, MaxBytes + InitialBytes), pinned: true);
        _bytes.AsSpan(0, _length).CopyTo(larger);
        _bytes = larger;
    }
}
