using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Appending;

namespace EmbeddedLog.Tests.Format.Frames;

/// <summary>Builds segments frame by frame, as writers do, without a file.</summary>
internal sealed unsafe class SomeFrames
{
    public const ulong Uid = 0x0102_0304_0506_0708;
    public const long BaseOffset = 1000;
    public const long Time = 1_700_000_000_000;

    private readonly byte[] _bytes = GC.AllocateArray<byte>(1 << 16, pinned: true);

    /// <summary>Where the next frame goes.</summary>
    public int Tail { get; private set; } = SegmentHeader.PageBytes;

    /// <summary>The segment's first byte; good for as long as this object is.</summary>
    public byte* Segment => (byte*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);

    /// <summary>The segment's memory.</summary>
    public Span<byte> Bytes => _bytes;

    public static uint Seed => FrameCrc.SegmentSeed(Uid);

    /// <summary>Appends one record.</summary>
    public void Add(in RawRecord record, uint offsetDelta, ushort lag, bool appendTime = false)
    {
        RecordSize size = RecordSize.Of(record);
        byte* frame = Segment + Tail;
        int kind = (int)FrameType.Record | (appendTime ? FrameLayout.AppendTimeBit : 0);
        FrameHeader.Write(frame, kind, size.Flags(record), offsetDelta, record.Timestamp, lag);
        int length = (int)size.FrameLength;
        uint crc = FrameCrc.Begin(Seed, Tail, length);
        crc = FrameCrc.Append(crc, frame + FrameLayout.KindAt, FrameLayout.HeaderBytes - FrameLayout.KindAt);
        crc = RecordEncoder.WriteSingle(frame, record, size, crc, FrameLayout.Padded(length));
        Assert.Equal(FrameCrc.Compute(Seed, Tail, frame, length), FrameCrc.Finish(crc));
        Publish(length);
    }

    /// <summary>Appends a batch.</summary>
    public void Add(RecordBatch batch, uint offsetDelta, long timestamp, long maxTimestamp, ushort lag)
    {
        byte* frame = Segment + Tail;
        FrameHeader.Write(frame, (int)FrameType.Batch, FrameFlags.None, offsetDelta, timestamp, lag);
        byte* at = BatchFrame.WritePrelude(frame + FrameLayout.HeaderBytes, batch.Count, maxTimestamp);
        batch.Encoded.CopyTo(new Span<byte>(at, batch.Bytes));
        Publish(AppendRules.FrameLength(batch));
    }

    /// <summary>Seals the segment.</summary>
    public void AddSeal(uint offsetDelta, long maxTimestamp, ushort lag)
    {
        FrameHeader.Write(
            Segment + Tail, (int)FrameType.Seal, FrameFlags.None, offsetDelta, maxTimestamp, lag);
        Publish(FrameLayout.SealBytes);
    }

    /// <summary>Makes the frame at a position valid again after a test has changed its body.</summary>
    public void Reseal(int position, int length)
    {
        byte* frame = Segment + position;
        FrameHeader.WriteCrc(frame, FrameCrc.Compute(Seed, position, frame, length));
        FrameHeader.WriteLengthRelease(frame, (uint)length);
    }

    /// <summary>
    /// The segment that the golden bytes are of: a record, a tombstone, a batch of two, and the seal.
    /// </summary>
    public static SomeFrames CreateGolden()
    {
        SomeFrames frames = new();
        frames.Add(new RawRecord("k1"u8, "hello!!"u8) { Timestamp = Time }, 5, DurableLag.Encode(3));
        Header[] headers = [new Header("h", "v"u8.ToArray()), new Header("n")];
        RawRecord tombstone = new() { IsTombstone = true, Headers = headers, Timestamp = -1 };
        frames.Add(tombstone, 6, DurableLag.None, appendTime: true);
        RecordBatch batch = new();
        batch.Add(new RawRecord("a"u8, "1"u8));
        batch.Add(new RawRecord { IsTombstone = true, Timestamp = Time + 1 });
        frames.Add(batch, 7, Time, Time + 1, DurableLag.Encode(2048));
        frames.AddSeal(9, Time + 1, DurableLag.Encode(0));
        return frames;
    }

    private void Publish(int length)
    {
        byte* frame = Segment + Tail;
        new Span<byte>(frame + length, FrameLayout.Padded(length) - length).Clear();
        Reseal(Tail, length);
        Tail += FrameLayout.Padded(length);
    }
}
