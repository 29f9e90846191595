using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Tests.Format;

namespace EmbeddedLog.Tests.Files;

public sealed class SessionFileTests : SmallFileTest
{
    private static readonly CacheIdentity s_identity = new(1, 2, 3, 4);

    private string SessionPath => PathOf(SessionFile.FileName);

    [Fact]
    public void Open_MissingFile_IsNoLogYet()
    {
        using SessionFile session = SessionFile.Open(Files, Root);

        Assert.Null(session.Current);
        Assert.False(session.CacheIdentity.IsKnown);
        Assert.False(SessionFile.Exists(Files, Root));
        Assert.Throws<InvalidOperationException>(() => session.MarkClean(Some.ClosedBy(session)));
        Assert.Empty(Files.ListFiles(Root));
    }

    [Fact]
    public void MarkOpen_First_MakesTheDirectoryALog()
    {
        ulong uid;
        using (SessionFile session = SessionFile.Open(Files, Root))
        {
            session.MarkOpen(s_identity, 4242, 1000);
            uid = session.Current!.Value.LogUid;
        }

        Assert.True(SessionFile.Exists(Files, Root));
        Assert.NotEqual(0UL, uid);
        Assert.Equal(new Session(1, uid, 1000, 1000, 4242, false, 1, 2, 3, 4), ReadCurrent());
    }

    [Fact]
    public void MarkOpen_FirstForOffsets_NamesTheLogForEver()
    {
        for (int owner = 1; owner < 3; owner++)
        {
            using SessionFile session = SessionFile.Open(Files, Root);
            session.MarkOpen(s_identity, owner, 1000, followedUid: owner == 1 ? 0x1122_3344_5566_7788UL : 0);
        }

        Assert.Equal(0x1122_3344_5566_7788UL, ReadCurrent().FollowedUid);
        using LogFile file = Files.OpenFile(SessionPath, FileOpening.Read);
        byte[] field = new byte[8];
        Assert.Equal(8, file.Read(field, 112));
        Assert.Equal("8877665544332211", Convert.ToHexString(field));
    }

    [Fact]
    public void MarkOpen_Later_KeepsTheLogAndNamesTheNewOwner()
    {
        MarkOpen(s_identity, 1, 1000);
        Session first = ReadCurrent();

        MarkOpen(new CacheIdentity(5, 6, 7, 8), 2, 2000);

        Assert.Equal(new Session(2, first.LogUid, 1000, 2000, 2, false, 5, 6, 7, 8), ReadCurrent());
        using SessionFile session = SessionFile.Open(Files, Root);
        Assert.Equal(new CacheIdentity(5, 6, 7, 8), session.CacheIdentity);
    }

    [Fact]
    public void MarkClean_Reopened_IsCleanUntilMarkedOpen()
    {
        using (SessionFile session = SessionFile.Open(Files, Root))
        {
            session.MarkOpen(s_identity, 1, 1000);
            session.MarkClean(Some.ClosedBy(session));
            Assert.True(session.Current!.Value.Clean);
        }

        Assert.True(ReadCurrent().Clean);
        MarkOpen(s_identity, 2, 2000);
        Assert.False(ReadCurrent().Clean);
    }

    [Fact]
    public void MarkOpen_TwoLogs_HaveDifferentUids()
    {
        MarkOpen(s_identity, 1, 1000);
        ulong first = ReadCurrent().LogUid;
        Files.DeleteFile(SessionPath);
        MarkOpen(s_identity, 1, 1000);

        Assert.NotEqual(first, ReadCurrent().LogUid);
    }

    [Fact]
    public void Open_NewestSlotTorn_IsTheOneBefore()
    {
        MarkOpen(s_identity, 1, 1000);
        MarkOpen(s_identity, 2, 2000);
        byte[] bytes = ReadFile(SessionPath);
        bytes.AsSpan(TwoSlotPage.SecondAt + 48, 16).Clear();
        WriteFile(SessionPath, bytes);

        Assert.Equal(1, ReadCurrent().ProcessId);
    }

    [Fact]
    public void Open_BothSlotsDamaged_IsDamage()
    {
        MarkOpen(s_identity, 1, 1000);
        byte[] bytes = ReadFile(SessionPath);
        bytes[40] ^= 1;
        WriteFile(SessionPath, bytes);

        CorruptLogException exception = Assert.Throws<CorruptLogException>(() => ReadCurrent());

        Assert.Equal(SessionPath, exception.File);
        Assert.Null(exception.Topic);
    }

    [Fact]
    public void Open_ImpossibleValues_IsDamage()
    {
        MarkOpen(s_identity, 1, 1000);
        byte[] bytes = ReadFile(SessionPath);
        bytes.AsSpan(24, 8).Clear();
        Forge.Reseal(bytes.AsSpan(0, TwoSlotPage.Bytes));
        WriteFile(SessionPath, bytes);

        CorruptLogException exception = Assert.Throws<CorruptLogException>(() => ReadCurrent());

        Assert.Contains("impossible values", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NewerVersion_IsUnsupported()
    {
        MarkOpen(s_identity, 1, 1000);
        byte[] bytes = ReadFile(SessionPath);
        Forge.SetVersion(bytes.AsSpan(0, TwoSlotPage.Bytes), 2);
        WriteFile(SessionPath, bytes);

        Assert.Throws<UnsupportedFormatException>(() => ReadCurrent());
    }

    private void MarkOpen(CacheIdentity identity, int processId, long now)
    {
        using SessionFile session = SessionFile.Open(Files, Root);
        session.MarkOpen(identity, processId, now);
    }

    private Session ReadCurrent()
    {
        using SessionFile session = SessionFile.Open(Files, Root);
        return session.Current!.Value;
    }
}
