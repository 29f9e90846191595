using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Manifests;

namespace EmbeddedLog.Tests.Format.Manifests;

public sealed class ManifestHeaderTests
{
    private const string Golden =
        "454C4F474D414E499A761F59010000001817161514131211030000000000000000000000" +
        "00000000000000000000000000000000000000000000000000000000";

    [Fact]
    public void Write_KnownHeader_GivesGoldenBytes()
    {
        byte[] bytes = Bytes();

        Assert.Equal(Golden, Convert.ToHexString(bytes));
        Assert.Equal(BlockStatus.Valid, ManifestHeader.TryRead(bytes, out ManifestHeader header));
        Assert.Equal(new ManifestHeader(Some.TopicUid, 3), header);
    }

    [Fact]
    public void TryRead_AnyBitFlipped_IsCorrupt()
    {
        byte[] bytes = Bytes();
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            Forge.Flip(bytes, bit);
            Assert.Equal(BlockStatus.Corrupt, ManifestHeader.TryRead(bytes, out _));
            Forge.Flip(bytes, bit);
        }
    }

    [Fact]
    public void TryRead_CutShortAtAnyLength_IsCorrupt()
    {
        byte[] bytes = Bytes();
        for (int length = 1; length < bytes.Length; length++)
        {
            Assert.Equal(BlockStatus.Corrupt, ManifestHeader.TryRead(bytes.AsSpan(0, length), out _));
        }
    }

    // A forger's file of 32 bytes with a right checksum must not be read beyond its end.
    [Fact]
    public void TryRead_ShortFileWithRightChecksum_IsCorrupt()
    {
        byte[] bytes = Bytes()[..20];
        Forge.Reseal(bytes);

        Assert.Equal(BlockStatus.Corrupt, ManifestHeader.TryRead(bytes, out _));
    }

    [Fact]
    public void TryRead_NewerVersion_IsNewerVersion()
    {
        byte[] bytes = Bytes();
        Forge.SetVersion(bytes, 2);

        Assert.Equal(BlockStatus.NewerVersion, ManifestHeader.TryRead(bytes, out _));
    }

    private static byte[] Bytes()
    {
        byte[] bytes = new byte[ManifestHeader.Bytes];
        new ManifestHeader(Some.TopicUid, 3).Write(bytes);
        return bytes;
    }
}
