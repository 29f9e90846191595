using System.Buffers.Binary;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Tests.Format;

public sealed class ClosedListTests
{
    private const string Golden =
        "454C4F47434C5344CFEBD4C501000000A8A7A6A5A4A3A2A10300000000000000D06FE5CF" +
        "8B0100000200000002000000000000000000000000000000000000001817161514131211" +
        "0300000005000000060000000000000040E2010000000000785634120000000008070605" +
        "0403020107000000E4E3E2E1E80300000000000018171615141312110400000005000000" +
        "060000000000000040E20100000000007856341200000000080706050403020107000000" +
        "E4E3E2E1070000000000000018171615141312110F746F706963732F6F72646572732D31" +
        "01000000000000000667726F757073";

    [Fact]
    public void Encode_KnownList_GivesGoldenBytesTwice()
    {
        byte[] file = Some.ClosedList.Encode();

        Assert.Equal(Convert.FromHexString(Golden + Golden), file);
        Assert.Equal(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(8)), Some.ClosedList.Crc);
    }

    [Fact]
    public void TryRead_KnownList_RoundTrips()
    {
        BlockStatus status = ClosedList.TryRead(
            Some.ClosedList.Encode(), out ClosedList? list, out bool isWhole, out _);

        Assert.Equal(BlockStatus.Valid, status);
        Assert.True(isWhole);
        AssertIsThatList(list);
    }

    [Fact]
    public void TryRead_AnyBitFlipped_IsReadFromTheOtherCopy()
    {
        byte[] file = Some.ClosedList.Encode();
        for (int bit = 0; bit < file.Length * 8; bit++)
        {
            Forge.Flip(file, bit);
            Assert.Equal(BlockStatus.Valid, ClosedList.TryRead(file, out ClosedList? list, out bool isWhole, out _));
            Assert.False(isWhole);
            AssertIsThatList(list);
            Forge.Flip(file, bit);
        }
    }

    [Fact]
    public void TryRead_BothCopiesDamagedOrCutAnywhere_IsCorrupt()
    {
        byte[] file = Some.ClosedList.Encode();
        for (int length = 0; length < file.Length; length++)
        {
            // The copies have half of the file each, so that one that is cut has neither in its place.
            bool isFirst = length == file.Length / 2;
            BlockStatus status = ClosedList.TryRead(file.AsSpan(0, length), out _, out _, out _);
            Assert.True(status == BlockStatus.Corrupt || isFirst, $"{length} bytes");
        }

        file[30] ^= 1;
        file[(file.Length / 2) + 30] ^= 1;
        Assert.Equal(BlockStatus.Corrupt, ClosedList.TryRead(file, out _, out _, out _));
    }

    [Fact]
    public void TryRead_NewerVersion_IsNewer()
    {
        byte[] file = Some.ClosedList.Encode();
        Forge.SetVersion(file.AsSpan(0, file.Length / 2), 2);

        Assert.Equal(BlockStatus.NewerVersion, ClosedList.TryRead(file, out _, out _, out ushort version));
        Assert.Equal(2, version);
    }

    [Theory]
    [InlineData(40, int.MaxValue)]
    [InlineData(40, -1)]
    [InlineData(40, 1)]
    [InlineData(44, int.MaxValue)]
    [InlineData(44, -1)]
    [InlineData(44, 3)]
    [InlineData(72, -1)]
    [InlineData(24, 0)]
    public void TryRead_ForgedNumbersWithTheirChecksum_AreCorrupt(int position, int value)
    {
        byte[] file = Some.ClosedList.Encode();
        foreach (int start in (int[])[0, file.Length / 2])
        {
            Span<byte> copy = file.AsSpan(start, file.Length / 2);
            BinaryPrimitives.WriteInt32LittleEndian(copy[position..], value);
            Forge.Reseal(copy);
        }

        Assert.Equal(BlockStatus.Corrupt, ClosedList.TryRead(file, out _, out _, out _));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-100, false)]
    [InlineData(1000, false)]
    [InlineData(32 << 20, false)]
    public void IsPlausible_LengthFarFromWhatTheHeaderSays_IsNot(int more, bool expected)
    {
        byte[] file = Some.ClosedList.Encode();

        Span<byte> header = file.AsSpan(0, ClosedList.HeaderBytes);
        Assert.Equal(expected, ClosedList.IsPlausible(header, (file.Length / 2) + more));
        Assert.Equal(file.Length, Some.ClosedList.FileBytes);
    }

    private static void AssertIsThatList(ClosedList? list)
    {
        Assert.NotNull(list);
        Assert.Equal(Some.ClosedList.LogUid, list.LogUid);
        Assert.Equal(Some.ClosedList.Generation, list.Generation);
        Assert.Equal(Some.ClosedList.ClosedAt, list.ClosedAt);
        Assert.Equal(Some.ClosedList.Topics, list.Topics);
        Assert.Equal(Some.ClosedList.Partitions, list.Partitions);
        Assert.Equal(Some.ClosedPartition, list.Find(Some.TopicUid, 3));
        Assert.Null(list.Find(Some.TopicUid, 5));
    }
}
