using System.Buffers.Binary;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Manifests;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Format.Manifests;

public sealed class ManifestRecordTests
{
    private const long Position = 128;

    private const string GoldenAdd =
        "A2D256AC40000100400000000000000007000000050000000807060504030201E8030000" +
        "00000000282726252423222178563412000000000000000000000000";

    private const string GoldenLogStart =
        "BDBC7ECD4000020080000000000000000700000009000000D20400000000000000000000" +
        "00000000000000000000000000000000000000000000000000000000";

    [Fact]
    public void Write_Add_GivesGoldenBytes() =>
        Assert.Equal(GoldenAdd, Convert.ToHexString(Bytes(ManifestRecord.Add(Some.Segment, 64))));

    [Fact]
    public void Write_LogStart_GivesGoldenBytes() =>
        Assert.Equal(GoldenLogStart, Convert.ToHexString(Bytes(ManifestRecord.LogStart(1234, 7, 9, 128), 192)));

    [Fact]
    public void TryRead_WhatWriteWrote_RoundTrips()
    {
        Gen<(ManifestRecord Record, long Position)> records =
            from isAdd in Gen.Elements(true, false)
            from segment in Some.Entries
            from offset in Some.NotNegative
            from at in Gen.Choose(1, int.MaxValue)
            from proven in Gen.Choose(1, at)
            select (
                isAdd
                    ? ManifestRecord.Add(segment, proven * 64L)
                    : ManifestRecord.LogStart(offset, segment.Sequence, segment.Epoch, proven * 64L),
                at * 64L);

        Prop.ForAll(records.ToArbitrary(), some =>
            Read(Bytes(some.Record, some.Position), out ManifestRecord read, some.Position) == BlockStatus.Valid
            && read == some.Record).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void TryRead_AnyBitFlipped_IsCorrupt()
    {
        byte[] bytes = Bytes(ManifestRecord.Add(Some.Segment, 64));
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            Forge.Flip(bytes, bit);
            Assert.Equal(BlockStatus.Corrupt, Read(bytes, out _));
            Forge.Flip(bytes, bit);
        }
    }

    [Fact]
    public void TryRead_CutShortAtAnyLength_IsCorrupt()
    {
        byte[] bytes = Bytes(ManifestRecord.Add(Some.Segment, 64));
        for (int length = 1; length < bytes.Length; length++)
        {
            Assert.Equal(BlockStatus.Corrupt, Read(bytes[..length], out _));
        }
    }

    [Fact]
    public void TryRead_Zeros_AreBlank() => Assert.Equal(BlockStatus.Blank, Read(new byte[100], out _));

    [Fact]
    public void TryRead_MovedOrOfAnotherTopic_IsCorrupt()
    {
        byte[] bytes = Bytes(ManifestRecord.Add(Some.Segment, 64));

        Assert.Equal(BlockStatus.Corrupt, Read(bytes, out _, Position + 64));
        Assert.Equal(
            BlockStatus.Corrupt, ManifestRecord.TryRead(bytes, Some.TopicUid + 1, Position, out _, out int length));
        Assert.Equal(0, length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(65)]
    [InlineData(128)]
    [InlineData(4160)]
    [InlineData(ushort.MaxValue)]
    public void TryRead_HostileLength_IsCorrupt(ushort length)
    {
        byte[] bytes = Bytes(ManifestRecord.Add(Some.Segment, 64));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), length);
        Forge.ResealRecord(bytes, Some.TopicUid, Position);

        Assert.Equal(BlockStatus.Corrupt, Read(bytes, out _));
    }

    [Fact]
    public void TryRead_AddOfAnotherLength_IsCorrupt()
    {
        byte[] bytes = new byte[128];
        Bytes(ManifestRecord.Add(Some.Segment, 64)).CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), 128);
        Forge.ResealRecord(bytes, Some.TopicUid, Position);

        Assert.Equal(BlockStatus.Corrupt, Read(bytes, out _));
    }

    // What a record says had been flushed lies between header and record: no writer ever claimed anything else.
    [Theory]
    [InlineData(-64, BlockStatus.Corrupt)]
    [InlineData(0, BlockStatus.Corrupt)]
    [InlineData(64, BlockStatus.Valid)]
    [InlineData(100, BlockStatus.Corrupt)]
    [InlineData(128, BlockStatus.Valid)]
    [InlineData(192, BlockStatus.Corrupt)]
    [InlineData(long.MaxValue, BlockStatus.Corrupt)]
    public void TryRead_ProvenEnd_MustBeWhatAWriterCanKnow(long provenEnd, object expected) =>
        Assert.Equal(
            (BlockStatus)expected, Read(Bytes(ManifestRecord.Add(Some.Segment, provenEnd)), out _));

    [Theory]
    [InlineData(3, 64)]
    [InlineData(3, 4096)]
    [InlineData(200, 192)]
    public void TryRead_KindOfALaterVersion_IsNewerVersionWithLength(byte kind, int length)
    {
        byte[] bytes = new byte[length];
        Bytes(ManifestRecord.Add(Some.Segment, 64)).CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), (ushort)length);
        bytes[6] = kind;
        Forge.ResealRecord(bytes, Some.TopicUid, Position);

        Assert.Equal(
            BlockStatus.NewerVersion,
            ManifestRecord.TryRead(bytes, Some.TopicUid, Position, out ManifestRecord record, out int stored));
        Assert.Equal(length, stored);
        Assert.Equal((ManifestRecordKind)kind, record.Kind);
        Assert.Equal(64, record.ProvenEnd);
    }

    private static byte[] Bytes(in ManifestRecord record, long position = Position)
    {
        byte[] bytes = new byte[ManifestRecord.Bytes];
        record.Write(bytes, Some.TopicUid, position);
        return bytes;
    }

    private static BlockStatus Read(byte[] bytes, out ManifestRecord record, long position = Position) =>
        ManifestRecord.TryRead(bytes, Some.TopicUid, position, out record, out _);
}
