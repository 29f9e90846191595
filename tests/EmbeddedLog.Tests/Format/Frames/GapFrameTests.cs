using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;

namespace EmbeddedLog.Tests.Format.Frames;

public sealed unsafe class GapFrameTests
{
    private const uint OffsetDelta = 5;

    [Fact]
    public void Write_Gap_HasTheseBytes()
    {
        byte[] segment = Make(length: 40, count: 300);

        Assert.Equal(
            "28000000" + "24231334" + "04" + "00" + "0000" + "05000000" + "000000000080" + "FFFF" + "AC02"
            + new string('0', 28),
            Convert.ToHexString(segment, SegmentHeader.PageBytes, 40));
    }

    [Theory]
    [InlineData(24, 0)]
    [InlineData(32, 1)]
    [InlineData(32, uint.MaxValue)]
    [InlineData(1 << 20, 1000)]
    public void Read_Written_GivesTheSameRange(int length, long count)
    {
        byte[] segment = Make(length, count);
        fixed (byte* memory = segment)
        {
            FrameCheck check = FrameReader.Check(
                memory, SomeFrames.Seed, SegmentHeader.PageBytes, segment.Length, out uint read);
            Assert.Equal((FrameCheck.Valid, (uint)length), (check, read));
            Assert.True(FrameExtent.TryRead(
                memory + SegmentHeader.PageBytes, length, SomeFrames.BaseOffset, out FrameExtent extent));
            long first = SomeFrames.BaseOffset + OffsetDelta;
            Assert.Equal(new FrameExtent(FrameType.Gap, first, first + count, long.MinValue, 0), extent);
        }
    }

    [Fact]
    public void Read_CountThatIsNoVarint_IsMalformed()
    {
        byte[] segment = Make(length: 32, count: 1);
        segment.AsSpan(SegmentHeader.PageBytes + FrameLayout.HeaderBytes, 8).Fill(0xFF);
        fixed (byte* memory = segment)
        {
            Assert.False(FrameExtent.TryRead(memory + SegmentHeader.PageBytes, 32, SomeFrames.BaseOffset, out _));
        }
    }

    private static byte[] Make(int length, long count)
    {
        byte[] segment = new byte[SegmentHeader.PageBytes + length];
        GapFrame.Write(
            segment.AsSpan(SegmentHeader.PageBytes, Math.Min(length, GapFrame.MinBytes)),
            SomeFrames.Seed,
            SegmentHeader.PageBytes,
            length,
            OffsetDelta,
            count);
        return segment;
    }
}
