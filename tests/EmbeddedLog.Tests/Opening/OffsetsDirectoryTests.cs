using EmbeddedLog.IO;
using EmbeddedLog.Tests.Following;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Opening;

/// <summary>The directory for the offsets of groups that only read a log: whose it is, and what may be one.</summary>
public sealed class OffsetsDirectoryTests : IDisposable
{
    private const string Offsets = "/offsets";

    private readonly FollowFixture _fixture = new();

    public OffsetsDirectoryTests()
    {
        _fixture.Open();
        _fixture.Append(10);
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Open_OfAnotherLog_IsRefusedAndSaysWhatToDo()
    {
        _fixture.Machine.Run(async () =>
        {
            await using CommitLog other = await OpenLog.OnAsync(_fixture.Machine.Platform, directory: "/other");
            await using ReadOnlyLog reader = ReadOnlyLog.Open(
                "/other", new ReadOnlyLogOptions { OffsetsDirectory = Offsets }, _fixture.Machine.Platform);
        });

        LogDirectoryException refused = Assert.Throws<LogDirectoryException>(() => Follow(Offsets));
        Assert.StartsWith(
            $"'{Path.GetFullPath(Offsets)}' holds the offsets of groups that read another log: ",
            refused.Message,
            StringComparison.Ordinal);
        Assert.EndsWith(
            "Let ReadOnlyLogOptions.OffsetsDirectory name a directory for each log. If the other log is gone, delete "
            + "this directory, and its groups begin anew.",
            refused.Message,
            StringComparison.Ordinal);
        Assert.Equal(Path.GetFullPath(Offsets), refused.File);
    }

    [Fact]
    public void Open_OfSomethingElse_IsRefused()
    {
        FileSystem files = _fixture.Machine.Platform.Files;
        _fixture.Machine.Run(async () =>
            await (await OpenLog.OnAsync(_fixture.Machine.Platform, directory: "/other")).DisposeAsync());
        files.CreateDirectory("/used/thing");

        string other = Path.GetFullPath("/other");
        string used = Path.GetFullPath("/used");
        Assert.Contains($"'{other}' is a log. ", Refuse("/other"), StringComparison.Ordinal);
        Assert.Contains(
            $"'{used}' holds 'thing' but no offsets of groups. ", Refuse("/used"), StringComparison.Ordinal);
        Assert.Contains("' lies in the log's directory, ", Refuse(OpenLog.Directory), StringComparison.Ordinal);
        Assert.Contains(
            "' lies in the log's directory, ", Refuse(OpenLog.Directory + "/offsets"), StringComparison.Ordinal);
        Assert.Contains(
            "' lies in the log's directory, ", Refuse("/x/../log/topics/../offsets"), StringComparison.Ordinal);
        Follow("/log-offsets").Dispose();
    }

    [Fact]
    public void Open_AsALog_IsRefused()
    {
        Follow(Offsets).Dispose();

        LogDirectoryException refused = Assert.Throws<LogDirectoryException>(() => _fixture.Machine.Run(
            async () => await OpenLog.OnAsync(_fixture.Machine.Platform, directory: Offsets)));
        Assert.Contains("is no log: it holds the offsets of groups", refused.Message, StringComparison.Ordinal);
        Assert.Equal(
            refused.Message,
            Assert.Throws<LogDirectoryException>(() => ReadOnlyLog.Open(
                Offsets, new ReadOnlyLogOptions(), _fixture.Machine.Platform)).Message);
        Follow(Offsets).Dispose();
        Assert.Equal(
            ["closed", "lock", "session"], _fixture.Machine.Platform.Files.ListFiles(Offsets).Order());
    }

    [Fact]
    public void Open_InUse_IsRefusedAndSaysWhatToDo()
    {
        using ReadOnlyLog first = Follow(Offsets);

        LogOwnedException refused = Assert.Throws<LogOwnedException>(() => Follow(Offsets));
        Assert.Contains(
            "Each process that reads a log needs an OffsetsDirectory of its own.",
            refused.Message,
            StringComparison.Ordinal);
        Follow("/mine").Dispose();
    }

    [Fact]
    public void Open_InUseForAWhile_WaitsAsLongAsItIsTold()
    {
        FollowerProcess first = _fixture.StartFollower(new ReadOnlyLogOptions { OffsetsDirectory = Offsets });
        Task<ReadOnlyLog> second = ReadOnlyLog.OpenAsync(
            OpenLog.Directory,
            new ReadOnlyLogOptions { OffsetsDirectory = Offsets, OffsetsOwnerTimeout = TimeSpan.FromSeconds(10) },
            _fixture.Machine.Platform,
            how: default,
            CancellationToken.None).AsTask();
        Pass(TimeSpan.FromSeconds(3));
        Assert.False(second.IsCompleted);
        first.Close();
        Pass(TimeSpan.FromSeconds(1));
        second.Ended().Dispose();

        using ReadOnlyLog third = Follow(Offsets);
        Task<ReadOnlyLog> fourth = ReadOnlyLog.OpenAsync(
            OpenLog.Directory,
            new ReadOnlyLogOptions { OffsetsDirectory = Offsets, OffsetsOwnerTimeout = TimeSpan.FromSeconds(10) },
            _fixture.Machine.Platform,
            how: default,
            CancellationToken.None).AsTask();
        Pass(TimeSpan.FromSeconds(11));
        Assert.Contains(
            "The opening waited 10 s.",
            Assert.Throws<LogOwnedException>(() => fourth.Ended()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Open_IsRefused_LeavesNothingOpen()
    {
        _fixture.Close();
        _fixture.Machine.Platform.Files.CreateDirectory("/used/thing");

        Assert.Throws<LogDirectoryException>(() => Follow("/used"));
        Assert.Empty(_fixture.Machine.Disk.OpenFiles);
        Assert.Empty(_fixture.Machine.Disk.LiveMaps);
    }

    [Fact]
    public void OffsetsDirectory_ThatIsBlank_IsAFaultOfTheOptions() =>
        Assert.Contains(
            "OffsetsDirectory is blank but must be a path",
            Assert.Throws<ArgumentException>(
                () => new ReadOnlyLogOptions { OffsetsDirectory = " " }.ValidatedCopy()).Message,
            StringComparison.Ordinal);

    private ReadOnlyLog Follow(string offsets) =>
        _fixture.Follow(new ReadOnlyLogOptions { OffsetsDirectory = offsets });

    private string Refuse(string offsets) => Assert.Throws<LogDirectoryException>(() => Follow(offsets)).Message;

    private void Pass(TimeSpan time)
    {
        for (TimeSpan passed = default; passed < time; passed += TimeSpan.FromMilliseconds(100))
        {
            _fixture.Machine.Time.Advance(TimeSpan.FromMilliseconds(100));
            _fixture.Machine.Scheduler.RunUntilIdle();
        }
    }
}
