using EmbeddedLog.Format.Frames;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Format.Frames;

public sealed unsafe class RecordHeadersTests
{
    [Fact]
    public void TryReadNext_WhatWriteWrote_RoundTrips() =>
        Prop.ForAll<string, byte[], bool>((text, value, hasValue) =>
        {
            // What is not well-formed is refused long before it gets here.
            string key = (text ?? "").Replace('\uFFFD', '?');
            key = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(key));
            ReadOnlySpan<byte> stored = hasValue ? value : [];
            byte[] bytes = GC.AllocateArray<byte>(
                (int)RecordHeaders.Measure(key, hasValue ? value.Length : -1), pinned: true);
            fixed (byte* start = bytes)
            {
                byte* end = RecordHeaders.Write(start, key, stored, hasValue);
                if (end - start != bytes.Length)
                {
                    return false;
                }
            }

            ReadOnlySpan<byte> block = bytes;
            return RecordHeaders.TryReadNext(ref block, out var readKey, out var readValue, out bool readHasValue)
                && block.IsEmpty
                && System.Text.Encoding.UTF8.GetString(readKey) == key
                && readValue.SequenceEqual(stored)
                && readHasValue == hasValue;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("0161")]
    [InlineData("016102")]
    [InlineData("026101")]
    [InlineData("8000610101")]
    [InlineData("FFFFFFFF0F61")]
    [InlineData("0161FFFFFFFF0F")]
    public void TryReadNext_MalformedBlock_IsRefused(string hex)
    {
        ReadOnlySpan<byte> block = Convert.FromHexString(hex);

        Assert.False(RecordHeaders.TryReadNext(ref block, out _, out _, out _));
    }
}
