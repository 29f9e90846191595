using EmbeddedLog.Coordination.Offsets;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Coordination.Offsets;

/// <summary>The bytes of committed offsets.</summary>
public sealed class OffsetCodecTests
{
    private static readonly GroupPartition s_key = new("fraud", "views", 0x1122_3344_5566_7788, 3);
    private static readonly OffsetValue s_value = new(0x0102_0304, 7, 1_700_000_000_000, "m");

    [Fact]
    public void Bytes_OfVersion1_AreTheseForEver()
    {
        Assert.Equal(
            "01" + "05" + "6672617564" + "05" + "7669657773" + "8877665544332211" + "03000000",
            Convert.ToHexString(OffsetCodec.EncodeKey(s_key)));
        Assert.Equal(
            "01" + "0403020100000000" + "07000000" + "0068E5CF8B010000" + "0200" + "6D",
            Convert.ToHexString(Encode(s_value)));
        Assert.EndsWith("0000", Convert.ToHexString(Encode(s_value with { Metadata = null })));
        Assert.EndsWith("0100", Convert.ToHexString(Encode(s_value with { Metadata = "" })));
        Assert.Equal(OffsetCodec.PlainValueBytes, Encode(s_value with { Metadata = null }).Length);
    }

    [Fact]
    public void Keys_OfGroupsAndOfTheOpenTime_AreTheseForEver()
    {
        const string Rest = "00" + "0000000000000000" + "00000000";
        Assert.Equal(
            "01" + "05" + "6672617564" + Rest,
            Convert.ToHexString(OffsetCodec.EncodeKey(GroupPartition.EmptySince("fraud"))));
        Assert.Equal("01" + "00" + Rest, Convert.ToHexString(OffsetCodec.EncodeKey(GroupPartition.OpenTime)));
        foreach (GroupPartition key in (GroupPartition[])[GroupPartition.EmptySince("fraud"), GroupPartition.OpenTime])
        {
            Assert.True(OffsetCodec.TryDecodeKey(OffsetCodec.EncodeKey(key), out GroupPartition read));
            Assert.Equal(key, read);
            Assert.False(read.IsOffset);
            Assert.Equal(key.Group.Length > 0, read.IsEmptySince);
            Assert.False(OffsetCodec.TryDecodeKey(OffsetCodec.EncodeKey(key with { TopicUid = 1 }), out _));
            Assert.False(OffsetCodec.TryDecodeKey(OffsetCodec.EncodeKey(key with { Partition = 1 }), out _));
            Assert.False(OffsetCodec.TryDecodeKey(OffsetCodec.EncodeKey(s_key with { Group = "" }), out _));
        }
    }

    [Fact]
    public void TryDecode_WhatEncodeEncoded_RoundTrips()
    {
        Gen<string> names = Gen.Elements('a', 'Z', '9', '.', '_', '-').NonEmptyListOf()
            .Select(chars => "n" + string.Concat(chars.Take(248)));
        Gen<GroupPartition> keys =
            from @group in names
            from topic in names
            from uid in ArbMap.Default.ArbFor<ulong>().Generator
            from partition in Gen.Choose(0, int.MaxValue)
            select new GroupPartition(@group, topic, uid, partition);
        Prop.ForAll(keys.ToArbitrary(), key =>
            OffsetCodec.TryDecodeKey(OffsetCodec.EncodeKey(key), out GroupPartition read) && read == key)
            .QuickCheckThrowOnFailure();

        Gen<OffsetValue> values =
            from offset in ArbMap.Default.ArbFor<long>().Generator
            from epoch in ArbMap.Default.ArbFor<uint>().Generator
            from at in ArbMap.Default.ArbFor<long>().Generator
            from metadata in Gen.Elements("a", "\u00E4", "\U0001F600").ListOf().Select(string.Concat)
            from hasMetadata in Gen.Elements(true, false)
            select new OffsetValue(offset & long.MaxValue, epoch, at, hasMetadata ? metadata : null);
        Prop.ForAll(values.ToArbitrary(), value =>
            OffsetCodec.TryDecodeValue(Encode(value), out OffsetValue read) && read == value)
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void TryDecode_BytesOfNoWriter_AreRefused()
    {
        byte[] key = OffsetCodec.EncodeKey(s_key);
        byte[] value = Encode(s_value);
        for (int length = 0; length < key.Length; length++)
        {
            Assert.False(OffsetCodec.TryDecodeKey(key.AsSpan(0, length), out _));
        }

        for (int length = 0; length < value.Length; length++)
        {
            Assert.False(OffsetCodec.TryDecodeValue(value.AsSpan(0, length), out _));
        }

        Assert.False(OffsetCodec.TryDecodeKey([.. key, 0], out _));
        Assert.False(OffsetCodec.TryDecodeValue([.. value, 0], out _));
        Assert.False(OffsetCodec.TryDecodeKey(OffsetCodec.EncodeKey(s_key with { Group = "a/b" }), out _));
        Assert.False(OffsetCodec.TryDecodeKey(OffsetCodec.EncodeKey(s_key with { Topic = ".." }), out _));
        Assert.False(OffsetCodec.TryDecodeKey(OffsetCodec.EncodeKey(s_key with { Partition = -1 }), out _));
        Assert.False(OffsetCodec.TryDecodeValue(Encode(s_value with { Offset = -1 }), out _));
        Assert.False(OffsetCodec.TryDecodeValue(Encode(s_value with { Metadata = new string('x', 4097) }), out _));
    }

    private static byte[] Encode(in OffsetValue value)
    {
        byte[] bytes = new byte[OffsetCodec.MeasureValue(value)];
        OffsetCodec.EncodeValue(value, bytes);
        return bytes;
    }
}
