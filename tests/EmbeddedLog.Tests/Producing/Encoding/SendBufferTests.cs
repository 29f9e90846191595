using EmbeddedLog.Producing.Encoding;

namespace EmbeddedLog.Tests.Producing.Encoding;

public sealed class SendBufferTests
{
    [Fact]
    public void Rent_WhileOneIsInUse_GivesAnotherAndKeepsOne()
    {
        SendBuffer first = SendBuffer.Rent();
        SendBuffer second = SendBuffer.Rent();
        Assert.NotSame(first, second);
        first.Return();
        second.Return();
        SendBuffer third = SendBuffer.Rent();
        Assert.Same(first, third);
        third.Return();
    }

    [Fact]
    public void GetSpan_AsItGrows_KeepsWhatWasWritten()
    {
        SendBuffer buffer = SendBuffer.Rent();
        for (int i = 0; i < 10_000; i++)
        {
            (i % 2 == 0 ? buffer.GetSpan() : buffer.GetMemory(i % 100).Span)[0] = (byte)i;
            buffer.Advance(1);
        }

        Assert.Equal(10_000, buffer.Length);
        ReadOnlySpan<byte> written = buffer.Written(0, buffer.Length);
        for (int i = 0; i < written.Length; i++)
        {
            Assert.Equal((byte)i, written[i]);
        }

        Assert.True(buffer.GetSpan(1_000_000).Length >= 1_000_000);
        buffer.Return();
        SendBuffer again = SendBuffer.Rent();
        Assert.Equal(0, again.Length);
        Assert.True(again.GetSpan(1).Length <= 64 << 10);
        again.Return();
    }

    [Fact]
    public void AnyCall_Misused_IsRefused()
    {
        SendBuffer buffer = SendBuffer.Rent();
        try
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetSpan(-1).Length);
            Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetMemory(-1));
            Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(-1));
            int room = buffer.GetSpan().Length;
            Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(room + 1));
            Assert.Throws<RecordTooLargeException>(() => buffer.GetSpan(int.MaxValue).Length);
            buffer.Advance(room);
            Assert.Equal(room, buffer.Length);
        }
        finally
        {
            buffer.Return();
        }
    }
}
