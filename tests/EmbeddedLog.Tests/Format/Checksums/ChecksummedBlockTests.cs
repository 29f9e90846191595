using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Tests.Format.Checksums;

public sealed class ChecksummedBlockTests
{
    private static ReadOnlySpan<byte> Magic => "ELOGTEST"u8;

    [Fact]
    public void Check_SealedBlock_IsValid() =>
        Assert.Equal(BlockStatus.Valid, ChecksummedBlock.Check(Sealed(), Magic));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    public void Check_Zeros_AreBlank(int length) =>
        Assert.Equal(BlockStatus.Blank, ChecksummedBlock.Check(new byte[length], Magic));

    [Fact]
    public void Check_AnyBitFlipped_IsCorrupt()
    {
        byte[] block = Sealed();
        for (int bit = 0; bit < block.Length * 8; bit++)
        {
            Forge.Flip(block, bit);
            Assert.Equal(BlockStatus.Corrupt, ChecksummedBlock.Check(block, Magic));
            Forge.Flip(block, bit);
        }
    }

    [Fact]
    public void Check_AnyTruncation_IsCorrupt()
    {
        byte[] block = Sealed();
        for (int length = 1; length < block.Length; length++)
        {
            Assert.Equal(BlockStatus.Corrupt, ChecksummedBlock.Check(block.AsSpan(0, length), Magic));
        }
    }

    [Fact]
    public void Check_OtherMagic_IsCorrupt() =>
        Assert.Equal(BlockStatus.Corrupt, ChecksummedBlock.Check(Sealed(), "ELOGOTHR"u8));

    [Theory]
    [InlineData(0, BlockStatus.Corrupt)]
    [InlineData(1, BlockStatus.Valid)]
    [InlineData(2, BlockStatus.NewerVersion)]
    [InlineData(ushort.MaxValue, BlockStatus.NewerVersion)]
    public void Check_IntactBlockOfAnyVersion_SaysWhetherItCanBeRead(ushort version, object expected)
    {
        byte[] block = Sealed();
        Forge.SetVersion(block, version);

        Assert.Equal((BlockStatus)expected, ChecksummedBlock.Check(block, Magic));
        Assert.Equal(version, ChecksummedBlock.GetVersion(block));
    }

    // A damaged block that seems newer is damaged: nobody is sent looking for a version that does not exist.
    [Fact]
    public void Check_NewerVersionWithWrongChecksum_IsCorrupt()
    {
        byte[] block = Sealed();
        block[12] = 2;

        Assert.Equal(BlockStatus.Corrupt, ChecksummedBlock.Check(block, Magic));
    }

    private static byte[] Sealed()
    {
        byte[] block = new byte[64];
        block.AsSpan(ChecksummedBlock.PrefixBytes, 20).Fill(0xA5);
        ChecksummedBlock.Seal(block, Magic);
        return block;
    }
}
