using System.Buffers.Binary;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Index;
using EmbeddedLog.Tests.Files;
using EmbeddedLog.Tests.Format;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Segments.Index;

public sealed class SegmentIndexFileTests : SmallFileTest
{
    private const ulong Uid = 0x0102_0304_0506_0708;
    private const uint End = 0x3000;

    private const string Golden =
        "454C4F47494E4458DBDE4B6A010000000807060504030201003000000200000000000000" +
        "0010000000000000000000800A000000002000000068E5CF8B010000";

    private string IndexPath => PathOf("00000001.index");

    [Fact]
    public void Save_KnownIndex_GivesGoldenBytes()
    {
        SaveTwo();

        Assert.Equal(Golden, Convert.ToHexString(ReadFile(IndexPath)));
        Assert.Equal(["00000001.index"], Files.ListFiles(Root));
    }

    [Fact]
    public void TryLoad_WhatSaveWrote_RoundTrips() =>
        Prop.ForAll(Gen.Choose(0, 3000).ToArbitrary(), count =>
        {
            IndexEntry[] entries = [.. Enumerable.Range(0, count).Select(
                i => new IndexEntry((uint)i * 3, 4096 + ((uint)i * 8), i == 0 ? long.MinValue : i))];
            SegmentIndexTests.Build(entries).Save(Files, IndexPath, Uid, 1 << 20);
            return SegmentIndex.TryLoad(Files, IndexPath, Uid, 1 << 20)!.Entries.SequenceEqual(entries);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryLoad_ThenAdd_GoesOn()
    {
        SaveTwo();
        SegmentIndex index = SegmentIndex.TryLoad(Files, IndexPath, Uid, End)!;

        index.Add(20, 0x2800, 1_800_000_000_000);

        Assert.Equal(3, index.Count);
        Assert.Equal(0x2800U, index.FindPosition(20));
        Assert.Equal(0x2000U, index.FindPosition(19));
    }

    // The entry that ends an index stands where no frame begins, and tells the greatest timestamp of the segment.
    [Fact]
    public void TryLoad_EntryAtTheEnd_IsKept()
    {
        SegmentIndex index = new();
        index.Add(0, 4096, long.MinValue);
        index.Add(500, End, 9);
        index.Save(Files, IndexPath, Uid, End);

        Assert.Equal(9, SegmentIndex.TryLoad(Files, IndexPath, Uid, End)!.Entries[^1].MaxTimestampBefore);
    }

    [Fact]
    public void TryLoad_Missing_IsNull() => Assert.Null(SegmentIndex.TryLoad(Files, IndexPath, Uid, End));

    [Fact]
    public void TryLoad_OfAnotherSegmentOrEnd_IsNull()
    {
        SaveTwo();

        Assert.Null(SegmentIndex.TryLoad(Files, IndexPath, Uid + 1, End));
        Assert.Null(SegmentIndex.TryLoad(Files, IndexPath, Uid, End + 8));
        Assert.NotNull(SegmentIndex.TryLoad(Files, IndexPath, Uid, End));
    }

    [Fact]
    public void TryLoad_AnyBitFlipped_IsNull()
    {
        byte[] intact = SaveTwo();
        for (int bit = 0; bit < intact.Length * 8; bit++)
        {
            byte[] bytes = [.. intact];
            Forge.Flip(bytes, bit);
            AssertRefused(bytes);
        }
    }

    [Fact]
    public void TryLoad_AnyOtherLength_IsNull()
    {
        byte[] intact = SaveTwo();
        for (int length = 0; length < intact.Length; length++)
        {
            AssertRefused(intact[..length]);
        }

        AssertRefused([.. intact, 0]);
        AssertRefused([.. intact, .. new byte[IndexCodec.EntryBytes]]);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(1 << 27)]
    [InlineData(IndexCodec.MaxEntries + 1)]
    public void TryLoad_HostileCount_IsNullAndAllocatesLittle(int count)
    {
        byte[] bytes = SaveTwo();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(28), count);
        Forge.Reseal(bytes);
        WriteFile(IndexPath, bytes);
        using (LogFile file = Files.OpenFile(IndexPath, FileOpening.ReadWrite))
        {
            file.SetLength(Math.Max(0, IndexCodec.HeaderBytes + ((long)count * IndexCodec.EntryBytes)));
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(SegmentIndex.TryLoad(Files, IndexPath, Uid, End));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    // Forged so that the checksum is right: a search must still not be led out of the segment.
    [Theory]
    [InlineData(36, 4095U)]
    [InlineData(52, 4096U)]
    [InlineData(52, End + 8)]
    [InlineData(52, uint.MaxValue)]
    [InlineData(48, 0U)]
    [InlineData(44, 0x7FFF_FFFFU)]
    public void TryLoad_ForgedEntries_AreRefused(int at, uint value)
    {
        byte[] bytes = SaveTwo();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
        Forge.Reseal(bytes);

        AssertRefused(bytes);
    }

    [Fact]
    public void TryLoad_OtherVersion_IsNull()
    {
        byte[] bytes = SaveTwo();
        Forge.SetVersion(bytes, 2);

        AssertRefused(bytes);
    }

    [Fact]
    public void Save_OverAnOldFile_ReplacesIt()
    {
        WriteFile(IndexPath, new byte[100_000]);
        WriteFile(IndexPath + ".new", "half"u8);

        SaveTwo();

        Assert.NotNull(SegmentIndex.TryLoad(Files, IndexPath, Uid, End));
        Assert.Equal(["00000001.index"], Files.ListFiles(Root));
    }

    private byte[] SaveTwo()
    {
        SegmentIndex index = new();
        index.Add(0, 4096, long.MinValue);
        index.Add(10, 8192, 1_700_000_000_000);
        index.Save(Files, IndexPath, Uid, End);
        return ReadFile(IndexPath);
    }

    private void AssertRefused(byte[] bytes)
    {
        WriteFile(IndexPath, bytes);
        Assert.Null(SegmentIndex.TryLoad(Files, IndexPath, Uid, End));
    }
}
