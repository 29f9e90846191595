using System.Text;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Format.Frames;

public sealed unsafe class FrameTests
{
    private const string GoldenRecord =
        "220000000162C73001000000050000000068E5CF8B010300036B3168656C6C6F2121000000000000";

    private const string GoldenTombstone =
        "21000000CE26C24B4103000006000000FFFFFFFFFFFFFFFF000701680276016E0000000000000000";

    private const string GoldenBatch =
        "30000000107B472502000000070000000068E5CF8B01000C02010168E5CF8B01000002610131050168E5CF8B01010000";

    private const string GoldenSeal = "180000000A54DA7903000000090000000168E5CF8B010000";

    private const int RecordAt = 4096;
    private const int TombstoneAt = 4136;
    private const int BatchAt = 4176;
    private const int SealAt = 4224;

    [Fact]
    public void Write_KnownSegment_GivesGoldenBytes()
    {
        SomeFrames frames = SomeFrames.CreateGolden();

        Assert.Equal(
            GoldenRecord + GoldenTombstone + GoldenBatch + GoldenSeal,
            Convert.ToHexString(frames.Bytes[SegmentHeader.PageBytes..frames.Tail]));
    }

    // Design decision 4: at most 32 bytes beside key and value, for keys under 127 bytes and no headers.
    [Fact]
    public void Record_AnyShortKeyWithoutHeaders_TakesAtMost32BytesMore() =>
        Prop.ForAll(Gen.Choose(-1, 126).ToArbitrary(), Gen.Choose(0, 5000).ToArbitrary(), (keyLength, valueLength) =>
        {
            long length = FrameLayout.HeaderBytes + RecordBody.MeasureKeyAndHeaders(keyLength, 0) + valueLength;
            return FrameLayout.Padded((int)length) - Math.Max(0, keyLength) - valueLength <= 32;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryRead_GoldenRecord_FindsItsParts()
    {
        byte* frame = SomeFrames.CreateGolden().Segment + RecordAt;

        Assert.True(SingleFrame.TryRead(frame, 34, SomeFrames.BaseOffset, out RecordFields record));
        Assert.Equal(1005, record.Offset);
        Assert.Equal(SomeFrames.Time, record.Timestamp);
        Assert.Equal("k1", Text(record.Key, record.KeyLength));
        Assert.Equal("hello!!", Text(record.Value, record.ValueLength));
        Assert.Equal(0, record.HeadersLength);
        Assert.Equal(3, DurableLag.Decode(FrameHeader.ReadDurableLag(frame)));
    }

    [Fact]
    public void TryRead_GoldenTombstone_FindsItsParts()
    {
        byte* frame = SomeFrames.CreateGolden().Segment + TombstoneAt;

        Assert.True(SingleFrame.TryRead(frame, 33, SomeFrames.BaseOffset, out RecordFields record));
        Assert.Equal(-1, record.Timestamp);
        Assert.Equal(-1, record.KeyLength);
        Assert.Equal(-1, record.ValueLength);
        ReadOnlySpan<byte> block = new(record.Headers, record.HeadersLength);
        Assert.True(RecordHeaders.TryReadNext(ref block, out var key, out var value, out bool hasValue));
        Assert.True(key.SequenceEqual("h"u8) && value.SequenceEqual("v"u8) && hasValue);
        Assert.True(RecordHeaders.TryReadNext(ref block, out key, out value, out hasValue));
        Assert.True(key.SequenceEqual("n"u8) && value.IsEmpty && !hasValue);
        Assert.True(block.IsEmpty);
    }

    [Fact]
    public void TryReadNext_GoldenBatch_FindsBothRecords()
    {
        byte* frame = SomeFrames.CreateGolden().Segment + BatchAt;

        Assert.True(BatchFrame.TryOpen(frame, 48, SomeFrames.BaseOffset, out BatchFrame batch));
        Assert.Equal(2, batch.Remaining);
        Assert.Equal(1, batch.LastOffsetDelta);
        Assert.Equal(SomeFrames.Time + 1, batch.MaxTimestamp);
        Assert.True(batch.TryReadNext(out RecordFields first));
        Assert.Equal((1007L, SomeFrames.Time), (first.Offset, first.Timestamp));
        Assert.Equal("a", Text(first.Key, first.KeyLength));
        Assert.Equal("1", Text(first.Value, first.ValueLength));
        Assert.True(batch.TryReadNext(out RecordFields second));
        Assert.Equal((1008L, SomeFrames.Time + 1), (second.Offset, second.Timestamp));
        Assert.Equal((-1, -1), (second.KeyLength, second.ValueLength));
        Assert.Equal(0, batch.Remaining);
    }

    [Fact]
    public void MoveNext_GoldenSegment_StopsBehindTheSeal()
    {
        SomeFrames frames = SomeFrames.CreateGolden();
        FrameWalker walker = new(frames.Segment, SomeFrames.Seed, SegmentHeader.PageBytes, frames.Bytes.Length);
        List<FrameExtent> extents = [];
        while (walker.MoveNext())
        {
            Assert.True(
                FrameExtent.TryRead(walker.Frame, walker.Length, SomeFrames.BaseOffset, out FrameExtent extent));
            extents.Add(extent);
        }

        Assert.Equal(
            [
                new FrameExtent(FrameType.Record, 1005, 1006, SomeFrames.Time, 1),
                new FrameExtent(FrameType.Record, 1006, 1007, -1, 1),
                new FrameExtent(FrameType.Batch, 1007, 1009, SomeFrames.Time + 1, 2),
                new FrameExtent(FrameType.Seal, 1009, 1009, SomeFrames.Time + 1, 0),
            ],
            extents);
        Assert.Equal(FrameCheck.Empty, walker.Check);
        Assert.Equal(frames.Tail, walker.Position);
    }

    // The checksum covers padding and length; of the length only the zero that says "none yet" is not damage.
    [Fact]
    public void Check_AnyBitFlipped_IsNotValid()
    {
        SomeFrames frames = SomeFrames.CreateGolden();
        foreach ((int at, int end) in new[] { (RecordAt, TombstoneAt), (BatchAt, SealAt), (SealAt, frames.Tail) })
        {
            for (int bit = at * 8; bit < end * 8; bit++)
            {
                Forge.Flip(frames.Bytes, bit);
                FrameCheck check = Check(frames, at, frames.Tail);
                Assert.True(check is FrameCheck.BadCrc or FrameCheck.BadLength, $"bit {bit}: {check}");
                Forge.Flip(frames.Bytes, bit);
                Assert.Equal(FrameCheck.Valid, Check(frames, at, frames.Tail));
            }
        }
    }

    [Fact]
    public void Check_LimitAnywhereInTheFrame_IsNotValid()
    {
        SomeFrames frames = SomeFrames.CreateGolden();
        for (int limit = RecordAt; limit < TombstoneAt; limit++)
        {
            Assert.NotEqual(FrameCheck.Valid, Check(frames, RecordAt, limit));
        }
    }

    [Fact]
    public void Check_MovedOrOfAnotherSegment_IsBadCrc()
    {
        SomeFrames frames = SomeFrames.CreateGolden();
        frames.Bytes[RecordAt..TombstoneAt].CopyTo(frames.Bytes[TombstoneAt..]);

        Assert.Equal(FrameCheck.BadCrc, Check(frames, TombstoneAt, frames.Tail));
        Assert.Equal(
            FrameCheck.BadCrc,
            FrameReader.Check(frames.Segment, FrameCrc.SegmentSeed(SomeFrames.Uid + 1), RecordAt, frames.Tail, out _));
    }

    [Theory]
    [InlineData(1U)]
    [InlineData(23U)]
    [InlineData(0x7FFF_FFFFU)]
    [InlineData(0x8000_0000U)]
    [InlineData(0xFFFF_FFF9U)]
    [InlineData(uint.MaxValue)]
    public void Check_HostileLength_IsBadLength(uint length)
    {
        SomeFrames frames = SomeFrames.CreateGolden();
        FrameHeader.WriteLengthRelease(frames.Segment + RecordAt, length);

        Assert.Equal(FrameCheck.BadLength, Check(frames, RecordAt, frames.Tail));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(1 | 0x08)]
    [InlineData(1 | 0x38)]
    [InlineData(1 | 0x80)]
    public void Check_KindOfALaterVersion_IsUnknown(byte kind)
    {
        SomeFrames frames = SomeFrames.CreateGolden();
        frames.Bytes[RecordAt + FrameLayout.KindAt] = kind;
        frames.Reseal(RecordAt, 34);

        Assert.Equal(FrameCheck.Unknown, Check(frames, RecordAt, frames.Tail));
    }

    // A forged body with a right checksum leads nobody out of its frame.
    [Fact]
    public void TryRead_AnyForgedBody_StaysInTheFrame() =>
        Prop.ForAll(
            Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(40).ToArbitrary(),
            Gen.Choose(0, 40).ToArbitrary(),
            (body, bodyLength) =>
            {
                SomeFrames frames = new();
                Span<byte> bytes = frames.Bytes[RecordAt..];
                body.CopyTo(bytes[FrameLayout.HeaderBytes..]);
                bytes[FrameLayout.FlagsAt] = (byte)(body[0] % 8);
                byte* frame = frames.Segment + RecordAt;
                int length = FrameLayout.HeaderBytes + bodyLength;
                if (SingleFrame.TryRead(frame, length, 0, out RecordFields record) && !IsWithin(record, frame, length))
                {
                    return false;
                }

                if (BatchFrame.TryOpen(frame, length, 0, out BatchFrame batch))
                {
                    while (batch.Remaining > 0 && batch.TryReadNext(out record))
                    {
                        if (!IsWithin(record, frame, length))
                        {
                            return false;
                        }
                    }
                }

                return true;
            }).QuickCheckThrowOnFailure();

    private static bool IsWithin(in RecordFields record, byte* frame, int length)
    {
        byte* from = frame + FrameLayout.HeaderBytes;
        byte* end = frame + length;
        return record.Key >= from && record.Key + Math.Max(0, record.KeyLength) <= end
            && record.Headers >= from && record.Headers + record.HeadersLength <= end
            && record.Value >= from && record.Value + Math.Max(0, record.ValueLength) <= end;
    }

    private static FrameCheck Check(SomeFrames frames, int position, int limit) =>
        FrameReader.Check(frames.Segment, SomeFrames.Seed, position, limit, out _);

    private static string Text(byte* at, int length) => Encoding.UTF8.GetString(at, length);
}
