using EmbeddedLog.Format;
using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Tests.Format;

public sealed class TwoSlotPageTests
{
    private const string GoldenCheckpoint =
        "454C4F4743484B50E2841DDF010000000600000000000000181716151413121103000000" +
        "07000000080706050403020140E20100000000007856341200000000E803000000000000" +
        "0500000001000000D06FE5CF8B010000";

    private const string GoldenSession =
        "454C4F47534553531BDD0BCD010000000300000000000000A8A7A6A5A4A3A2A10068E5CF" +
        "8B010000E86BE5CF8B0100009210000001000000B8B7B6B5B4B3B2B1C8C7C6C5C4C3C2C1" +
        "01080000000000004D000000000000000300000000000000D4D3D2D1";

    [Fact]
    public void Seal_KnownCheckpoint_GivesGoldenBytes() => Assert.Equal(Padded(GoldenCheckpoint), CheckpointPage());

    [Fact]
    public void Seal_KnownSession_GivesGoldenBytes()
    {
        byte[] page = new byte[TwoSlotPage.Bytes];
        Some.Session.WriteFields(page);
        TwoSlotPage.Seal(page, Session.Magic, 3);

        Assert.Equal(Padded(GoldenSession), page);
        Assert.Equal(BlockStatus.Valid, TwoSlotPage.Check(page, Session.Magic, 0, out ulong generation));
        Assert.True(Session.TryReadFields(page, generation, out Session session));
        Assert.Equal(Some.Session, session);
    }

    [Fact]
    public void TryReadFields_KnownCheckpoint_RoundTrips()
    {
        byte[] page = CheckpointPage();

        BlockStatus status = TwoSlotPage.Check(page, Checkpoint.Magic, TwoSlotPage.SecondAt, out ulong generation);
        Assert.Equal(BlockStatus.Valid, status);
        Assert.True(Checkpoint.TryReadFields(
            page, generation, out Checkpoint checkpoint, out ulong topicUid, out int partition));
        Assert.Equal(Some.Checkpoint, checkpoint);
        Assert.Equal(Some.TopicUid, topicUid);
        Assert.Equal(3, partition);
    }

    [Fact]
    public void Check_AnyBitFlipped_IsCorrupt()
    {
        byte[] page = CheckpointPage();
        for (int bit = 0; bit < page.Length * 8; bit++)
        {
            Forge.Flip(page, bit);
            Assert.Equal(BlockStatus.Corrupt, TwoSlotPage.Check(page, Checkpoint.Magic, TwoSlotPage.SecondAt, out _));
            Forge.Flip(page, bit);
        }
    }

    // Every generation has its slot: a page found in the other one was not put there by a writer.
    [Theory]
    [InlineData(0UL, 0L, BlockStatus.Corrupt)]
    [InlineData(0UL, 65536L, BlockStatus.Corrupt)]
    [InlineData(1UL, 0L, BlockStatus.Valid)]
    [InlineData(1UL, 65536L, BlockStatus.Corrupt)]
    [InlineData(2UL, 0L, BlockStatus.Corrupt)]
    [InlineData(2UL, 65536L, BlockStatus.Valid)]
    [InlineData(FormatLimits.MaxGeneration, 0L, BlockStatus.Valid)]
    [InlineData(ulong.MaxValue, 0L, BlockStatus.Corrupt)]
    public void Check_Generation_MustBeInItsSlot(ulong generation, long position, object expected)
    {
        byte[] page = new byte[TwoSlotPage.Bytes];
        TwoSlotPage.Seal(page, Session.Magic, generation);

        Assert.Equal((BlockStatus)expected, TwoSlotPage.Check(page, Session.Magic, position, out _));
    }

    [Fact]
    public void Check_ShortPageWithRightChecksum_IsCorrupt()
    {
        byte[] page = CheckpointPage()[..100];
        Forge.Reseal(page);

        Assert.Equal(BlockStatus.Corrupt, TwoSlotPage.Check(page, Checkpoint.Magic, TwoSlotPage.SecondAt, out _));
    }

    [Fact]
    public void TryReadFields_ImpossibleValues_AreRefused()
    {
        foreach (Checkpoint checkpoint in new[]
        {
            Some.Checkpoint with { DurableEndOffset = -1 },
            Some.Checkpoint with { DurableEndPosition = -1 },
            Some.Checkpoint with { LogStartOffset = -1 },
        })
        {
            byte[] page = new byte[TwoSlotPage.Bytes];
            checkpoint.WriteFields(page, Some.TopicUid, 3);
            Assert.False(Checkpoint.TryReadFields(page, 1, out _, out _, out _));
        }

        byte[] session = new byte[TwoSlotPage.Bytes];
        (Some.Session with { LogUid = 0 }).WriteFields(session);
        Assert.False(Session.TryReadFields(session, 1, out _));
    }

    [Fact]
    public void TryReadFields_NeitherCleanNorNot_IsRefused()
    {
        byte[] checkpoint = CheckpointPage();
        checkpoint[76] = 2;
        Assert.False(Checkpoint.TryReadFields(checkpoint, 6, out _, out _, out _));

        byte[] session = new byte[TwoSlotPage.Bytes];
        Some.Session.WriteFields(session);
        session[52] = 2;
        Assert.False(Session.TryReadFields(session, 3, out _));
    }

    private static byte[] CheckpointPage()
    {
        byte[] page = new byte[TwoSlotPage.Bytes];
        Some.Checkpoint.WriteFields(page, Some.TopicUid, 3);
        TwoSlotPage.Seal(page, Checkpoint.Magic, Some.Checkpoint.Generation);
        return page;
    }

    private static byte[] Padded(string golden)
    {
        byte[] page = new byte[TwoSlotPage.Bytes];
        Convert.FromHexString(golden).CopyTo(page, 0);
        return page;
    }
}
