namespace EmbeddedLog.Format.Frames;

/// <summary>
/// Walks the records of a frame of type <see cref="FrameType.Batch"/>. The frame's timestamp holds for every record
/// without one of its own. Behind the header follow the number of records, the last record's offset less the first's,
/// the greatest timestamp, and the records.
/// </summary>
internal unsafe struct BatchFrame
{
    /// <summary>The most bytes between the frame's header and its first record.</summary>
    public const int MaxPreludeBytes = (2 * Varint.MaxBytes32) + TimestampBytes;

    private const int TimestampBytes = 6;

    private byte* _at;
    private byte* _end;
    private long _firstOffset;
    private long _timestamp;
    private bool _appendTime;

    /// <summary>The number of records that have not been read yet.</summary>
    public int Remaining { get; private set; }

    /// <summary>The last record's offset less the first's.</summary>
    public int LastOffsetDelta { get; private set; }

    /// <summary>The offset behind the last one that the frame covers; records may be missing before it.</summary>
    public readonly long EndOffset => _firstOffset + LastOffsetDelta + 1;

    /// <summary>The greatest timestamp of the records, Unix milliseconds.</summary>
    public long MaxTimestamp { get; private set; }

    /// <summary>The next record's first byte.</summary>
    public readonly byte* Next => _at;

    /// <summary>How many bytes the records that have not been read yet take.</summary>
    public readonly long RemainingBytes => _end - _at;

    /// <summary>Opens the frame; false if it is malformed, which with a valid checksum means forged.</summary>
    public static bool TryOpen(byte* frame, int length, long baseOffset, out BatchFrame batch)
    {
        batch = default;
        batch._at = frame + FrameLayout.HeaderBytes;
        batch._end = frame + length;
        batch._firstOffset = baseOffset + FrameHeader.ReadOffsetDelta(frame);
        batch._timestamp = FrameHeader.ReadTimestamp(frame);
        batch._appendTime = (FrameHeader.ReadKind(frame) & FrameLayout.AppendTimeBit) != 0;
        if (!RecordBody.TryReadLength(ref batch._at, batch._end, out int count)
            || !RecordBody.TryReadLength(ref batch._at, batch._end, out int lastDelta)
            || !TryReadTimestamp(ref batch._at, batch._end, out long maxTimestamp)
            || count == 0 || lastDelta < count - 1)
        {
            return false;
        }

        batch.Remaining = count;
        batch.LastOffsetDelta = lastDelta;
        batch.MaxTimestamp = maxTimestamp;
        return true;
    }

    /// <summary>The bytes that <see cref="WritePrelude"/> takes.</summary>
    public static int MeasurePrelude(int count) =>
        Varint.Measure((ulong)count) + Varint.Measure((ulong)count - 1) + TimestampBytes;

    /// <summary>Writes the fields between header and records; returns the place of the first record.</summary>
    public static byte* WritePrelude(byte* at, int count, long maxTimestamp)
    {
        at = RecordBody.WriteVarint(at, (ulong)count);
        at = RecordBody.WriteVarint(at, (ulong)count - 1);
        return WriteTimestamp(at, maxTimestamp);
    }

    /// <summary>The bytes that a record takes in a batch.</summary>
    public static long MeasureRecord(int keyLength, int headersLength, int valueLength, bool ownTimestamp, int index) =>
        1 + (ownTimestamp ? TimestampBytes : 0) + Varint.Measure((ulong)index)
        + RecordBody.MeasureKeyAndHeaders(keyLength, headersLength)
        + Varint.Measure((ulong)valueLength) + valueLength;

    /// <summary>Writes the fields before a record's key; returns the place of the key.</summary>
    public static byte* WriteRecordStart(byte* at, FrameFlags flags, long timestamp, int index)
    {
        *at++ = (byte)flags;
        if ((flags & FrameFlags.OwnTimestamp) != 0)
        {
            at = WriteTimestamp(at, timestamp);
        }

        return RecordBody.WriteVarint(at, (ulong)index);
    }

    /// <summary>
    /// Reads the next record while <see cref="Remaining"/> is not zero; false if the frame is malformed.
    /// </summary>
    public bool TryReadNext(out RecordFields record)
    {
        record = default;
        if (_at == _end)
        {
            return false;
        }

        FrameFlags flags = (FrameFlags)(*_at++);
        record.Timestamp = _timestamp;
        if ((flags & FrameFlags.OwnTimestamp) != 0)
        {
            if (!TryReadTimestamp(ref _at, _end, out long own))
            {
                return false;
            }

            record.Timestamp = _appendTime ? _timestamp : own;
        }

        if (!RecordBody.TryReadLength(ref _at, _end, out int offsetDelta) || offsetDelta > LastOffsetDelta
            || !RecordBody.TryReadKeyAndHeaders(ref _at, _end, flags, ref record)
            || !RecordBody.TryReadLength(ref _at, _end, out int valueLength) || valueLength > _end - _at)
        {
            return false;
        }

        record.Offset = _firstOffset + offsetDelta;
        record.Value = _at;
        record.ValueLength = (flags & FrameFlags.NullValue) != 0 ? -1 : valueLength;
        _at += valueLength;
        Remaining--;
        return Remaining != 0 || _at == _end;
    }

    /// <summary>The same place in the same frame, where the memory that holds it is mapped elsewhere.</summary>
    /// <param name="bytes">How far: back by the segment's address to hold none, and forth by its new one.</param>
    public readonly BatchFrame MovedBy(nint bytes)
    {
        BatchFrame moved = this;
        moved._at += bytes;
        moved._end += bytes;
        return moved;
    }

    private static bool TryReadTimestamp(ref byte* at, byte* end, out long timestamp)
    {
        if (end - at < TimestampBytes)
        {
            timestamp = 0;
            return false;
        }

        ulong low = *(uint*)at;
        ulong high = *(ushort*)(at + sizeof(uint));
        timestamp = (long)((low | (high << 32)) << 16) >> 16;
        at += TimestampBytes;
        return true;
    }

    private static byte* WriteTimestamp(byte* at, long timestamp)
    {
        *(uint*)at = (uint)timestamp;
        *(ushort*)(at + sizeof(uint)) = (ushort)(timestamp >> 32);
        return at + TimestampBytes;
    }
}
