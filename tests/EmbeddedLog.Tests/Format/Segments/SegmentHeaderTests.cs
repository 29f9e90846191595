using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Segments;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Format.Segments;

public sealed class SegmentHeaderTests
{
    private const int CopyBytes = SegmentHeader.PageBytes / 2;

    private const string Golden =
        "454C4F475345474DD277ECA3010000000807060504030201181716151413121103000000" +
        "07000000E8030000000000000500000000000000282726252423222178563412000000000068E5CF8B010000";

    [Fact]
    public void Write_KnownHeader_GivesGoldenBytesTwice()
    {
        byte[] page = new byte[SegmentHeader.PageBytes];
        page.AsSpan().Fill(0xFF);

        Some.Header.Write(page);

        byte[] copy = new byte[CopyBytes];
        Convert.FromHexString(Golden).CopyTo(copy, 0);
        Assert.Equal(copy, page[..CopyBytes]);
        Assert.Equal(copy, page[CopyBytes..]);
    }

    [Fact]
    public void TryRead_WhatWriteWrote_RoundTrips()
    {
        Gen<SegmentHeader> headers =
            from flags in Gen.Choose(0, 7)
            from entry in Some.Entries
            from topicUid in Some.Bits64
            from partition in Gen.Choose(0, int.MaxValue)
            from createdAt in Some.Bits64
            select new SegmentHeader(
                (SegmentFlags)flags, Math.Max(1, entry.Uid), topicUid, partition, Math.Max(1, entry.Sequence),
                entry.BaseOffset, entry.Epoch, entry.PredecessorUid, entry.PredecessorEnd, (long)createdAt);

        Prop.ForAll(headers.ToArbitrary(), header =>
            SegmentHeader.TryRead(Page(header), out SegmentHeader read) == BlockStatus.Valid && read == header)
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void TryRead_Zeros_AreBlank()
    {
        Assert.Equal(BlockStatus.Blank, SegmentHeader.TryRead(new byte[SegmentHeader.PageBytes], out _));
        Assert.Equal(BlockStatus.Blank, SegmentHeader.TryRead([], out _));
    }

    [Fact]
    public void TryRead_AnyOneBitFlipped_IsHarmless()
    {
        byte[] page = Page(Some.Header);
        for (int bit = 0; bit < page.Length * 8; bit++)
        {
            Forge.Flip(page, bit);
            Assert.Equal(BlockStatus.Valid, SegmentHeader.TryRead(page, out SegmentHeader header));
            Assert.Equal(Some.Header, header);
            Forge.Flip(page, bit);
        }
    }

    [Fact]
    public void TryRead_AnyBitFlippedInBothCopies_IsCorrupt()
    {
        byte[] page = Page(Some.Header);
        for (int bit = 0; bit < CopyBytes * 8; bit++)
        {
            Forge.Flip(page, bit);
            Forge.Flip(page, (CopyBytes * 8) + bit);
            Assert.Equal(BlockStatus.Corrupt, SegmentHeader.TryRead(page, out SegmentHeader header));
            Assert.Equal(default, header);
            Forge.Flip(page, bit);
            Forge.Flip(page, (CopyBytes * 8) + bit);
        }
    }

    [Fact]
    public void TryRead_CutShortAtAnyLength_NeedsOneWholeCopy()
    {
        byte[] page = Page(Some.Header);
        for (int length = 1; length < page.Length; length++)
        {
            BlockStatus expected = length >= CopyBytes ? BlockStatus.Valid : BlockStatus.Corrupt;
            Assert.Equal(expected, SegmentHeader.TryRead(page.AsSpan(0, length), out _));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(CopyBytes)]
    public void TryRead_OneCopyBlank_ReadsTheOther(int blankAt)
    {
        byte[] page = Page(Some.Header);
        page.AsSpan(blankAt, CopyBytes).Clear();

        Assert.Equal(BlockStatus.Valid, SegmentHeader.TryRead(page, out SegmentHeader header));
        Assert.Equal(Some.Header, header);
    }

    [Fact]
    public void TryRead_IntactCopiesThatDiffer_AreCorrupt()
    {
        byte[] page = Page(Some.Header);
        Page(Some.Header with { BaseOffset = 1001 }).AsSpan(CopyBytes).CopyTo(page.AsSpan(CopyBytes));

        Assert.Equal(BlockStatus.Corrupt, SegmentHeader.TryRead(page, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(CopyBytes)]
    public void TryRead_NewerVersionInEitherCopy_IsNewerVersion(int at)
    {
        byte[] page = Page(Some.Header);
        Forge.SetVersion(page.AsSpan(at, CopyBytes), 2);

        Assert.Equal(BlockStatus.NewerVersion, SegmentHeader.TryRead(page, out _));
    }

    [Fact]
    public void TryRead_UnknownFlag_IsNewerVersion() =>
        Assert.Equal(
            BlockStatus.NewerVersion,
            SegmentHeader.TryRead(Page(Some.Header with { Flags = (SegmentFlags)8 }), out _));

    public static TheoryData<string> Implausible => ["uid", "partition", "sequence", "base", "end"];

    [Theory]
    [MemberData(nameof(Implausible))]
    public void TryRead_IntactButImplausible_IsCorrupt(string field)
    {
        SegmentHeader header = field switch
        {
            "uid" => Some.Header with { Uid = 0 },
            "partition" => Some.Header with { Partition = -1 },
            "sequence" => Some.Header with { Sequence = 0 },
            "base" => Some.Header with { BaseOffset = -1 },
            _ => Some.Header with { PredecessorEnd = -1 },
        };

        Assert.Equal(BlockStatus.Corrupt, SegmentHeader.TryRead(Page(header), out SegmentHeader read));
        Assert.Equal(default, read);
    }

    private static byte[] Page(in SegmentHeader header)
    {
        byte[] page = new byte[SegmentHeader.PageBytes];
        header.Write(page);
        return page;
    }
}
