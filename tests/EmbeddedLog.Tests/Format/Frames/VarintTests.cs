using EmbeddedLog.Format.Frames;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Format.Frames;

public sealed class VarintTests
{
    [Theory]
    [InlineData(0UL, "00")]
    [InlineData(1UL, "01")]
    [InlineData(127UL, "7F")]
    [InlineData(128UL, "8001")]
    [InlineData(300UL, "AC02")]
    [InlineData(16383UL, "FF7F")]
    [InlineData(16384UL, "808001")]
    [InlineData(uint.MaxValue, "FFFFFFFF0F")]
    [InlineData(ulong.MaxValue, "FFFFFFFFFFFFFFFFFF01")]
    public void Write_KnownValue_GivesGoldenBytes(ulong value, string hex)
    {
        byte[] buffer = new byte[Varint.MaxBytes64];

        int length = Varint.Write(buffer, value);

        Assert.Equal(hex, Convert.ToHexString(buffer.AsSpan(0, length)));
        Assert.Equal(length, Varint.Measure(value));
    }

    [Fact]
    public void TryRead_WhatWriteWrote_RoundTrips() =>
        Prop.ForAll(AnyMagnitude(), value =>
        {
            byte[] buffer = new byte[Varint.MaxBytes64 + 1];
            int written = Varint.Write(buffer, value);
            return written == Varint.Measure(value)
                && Varint.TryRead(buffer, out ulong read, out int length) && read == value && length == written
                && Varint.TryRead(buffer, out uint _, out int _) == (value <= uint.MaxValue);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryRead_AnyProperPrefix_IsRefused() =>
        Prop.ForAll(AnyMagnitude(), value =>
        {
            byte[] buffer = new byte[Varint.MaxBytes64];
            int written = Varint.Write(buffer, value);
            return Enumerable.Range(0, written).All(cut =>
                !Varint.TryRead(buffer.AsSpan(0, cut), out ulong none, out int length) && none == 0 && length == 0);
        }).QuickCheckThrowOnFailure();

    // One encoding per value: whatever is accepted is what Write would have written.
    [Fact]
    public void TryRead_AnyAcceptedBytes_AreTheShortestForm() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            if (!Varint.TryRead(bytes, out ulong value, out int length))
            {
                return true;
            }

            byte[] again = new byte[Varint.MaxBytes64];
            int written = Varint.Write(again, value);
            return bytes.AsSpan(0, length).SequenceEqual(again.AsSpan(0, written));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("8000")]
    [InlineData("FF8000")]
    [InlineData("80808080808080808000")]
    [InlineData("FFFFFFFFFFFFFFFFFF02")]
    [InlineData("FFFFFFFFFFFFFFFFFF81")]
    [InlineData("FFFFFFFFFFFFFFFFFF8100")]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFFFFFFFF01")]
    public void TryRead_OverlongOrOverflowing64_IsRefused(string hex)
    {
        Assert.False(Varint.TryRead(Convert.FromHexString(hex), out ulong value, out int length));
        Assert.Equal(0UL, value);
        Assert.Equal(0, length);
    }

    [Theory]
    [InlineData("8080808010")]
    [InlineData("FFFFFFFF1F")]
    [InlineData("8080808000")]
    [InlineData("FFFFFFFFFF01")]
    public void TryRead_OverlongOrOverflowing32_IsRefused(string hex)
    {
        Assert.False(Varint.TryRead(Convert.FromHexString(hex), out uint value, out int length));
        Assert.Equal(0U, value);
        Assert.Equal(0, length);
    }

    [Fact]
    public void Write_TooShortDestination_Throws() =>
        Assert.Throws<IndexOutOfRangeException>(() => Varint.Write(new byte[1], 128));

    [Theory]
    [InlineData(0L, 0UL)]
    [InlineData(-1L, 1UL)]
    [InlineData(1L, 2UL)]
    [InlineData(-2L, 3UL)]
    [InlineData(long.MaxValue, ulong.MaxValue - 1)]
    [InlineData(long.MinValue, ulong.MaxValue)]
    public void ZigZag_KnownValue_RoundTrips(long value, ulong encoded)
    {
        Assert.Equal(encoded, Varint.ZigZag(value));
        Assert.Equal(value, Varint.UnZigZag(encoded));
    }

    /// <summary>64-bit values of every length in bits; the default generator gives small ones only.</summary>
    private static Arbitrary<ulong> AnyMagnitude() =>
        (from bits in Gen.Choose(0, 63)
         from high in Gen.Choose(int.MinValue, int.MaxValue)
         from low in Gen.Choose(int.MinValue, int.MaxValue)
         select (((ulong)(uint)high << 32) | (uint)low) >> bits).ToArbitrary();
}
