using EmbeddedLog.IO;
using EmbeddedLog.Tests.Format;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.IO;

public sealed class DurableLagTests
{
    [Theory]
    [InlineData(0L, 0x0000)]
    [InlineData(1L, 0x0001)]
    [InlineData(2047L, 0x07FF)]
    [InlineData(2048L, 0x0C00)]
    [InlineData(2049L, 0x0C01)]
    [InlineData(4095L, 0x1400)]
    [InlineData(4096L, 0x1400)]
    [InlineData(2047L << 30, 0xF7FF)]
    [InlineData((2047L << 30) + 1, 0xFFFF)]
    [InlineData(long.MaxValue, 0xFFFF)]
    public void Encode_KnownLag_GivesGoldenBits(long lag, int expected) =>
        Assert.Equal((ushort)expected, DurableLag.Encode(lag));

    // A frame may claim less than was flushed, never more; and not much less.
    [Fact]
    public void Decode_WhatEncodeEncoded_IsAtLeastTheLagAndCloseToIt() =>
        Prop.ForAll(
            (from bits in Gen.Choose(23, 63) from lag in Some.NotNegative select lag >> bits).ToArbitrary(),
            lag =>
            {
                ushort encoded = DurableLag.Encode(lag);
                return encoded != DurableLag.None
                    && DurableLag.Decode(encoded) >= lag
                    && DurableLag.Decode(encoded) - lag <= lag >> 10;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Encode_GreaterLag_IsNotASmallerClaim() =>
        Prop.ForAll(Some.NotNegative.ToArbitrary(), Gen.Choose(0, 63).ToArbitrary(), (lag, bits) =>
        {
            long smaller = lag >> bits;
            ushort encoded = DurableLag.Encode(smaller);
            ushort next = DurableLag.Encode(smaller + 1);
            return next == DurableLag.None || DurableLag.Decode(next) >= DurableLag.Decode(encoded);
        }).QuickCheckThrowOnFailure();
}
