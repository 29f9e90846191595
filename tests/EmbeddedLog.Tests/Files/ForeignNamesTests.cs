using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Files;

/// <summary>
/// What stands in a log's directories without being the log's is left alone, and told once where a person may have put
/// it there. On the real file system, for it is about links as well.
/// </summary>
public sealed class ForeignNamesTests : IDisposable
{
    private static readonly string[] s_levels =
        ["", "topics", "topics/events-1", "topics/events-1/0", "topics/events-1/1", "groups"];

    /// <summary>Names that a system makes: of them nobody is told.</summary>
    private static readonly string[] s_commonplace =
        ["lost+found/", ".snapshot/", ".Trash-0/file", ".DS_Store", ".nfs000000000001"];

    /// <summary>A name that ends in a slash is an empty directory's, one with "->" a link's to a directory.</summary>
    private static readonly string[] s_foreign =
    [
        "notes.txt", "backup/", "backup/file", "session.bak", "sessions", "Lock", "notes.new", "photos.new/file",
        "photos.deleted/file", "photos-2024.deleted/file", "photos-2024.new/file", "2024-11/file", "a b-1/file",
        "5.segment", "000000001.segment", "x.index", "00000001.segment.bak", "manifest.bak", "checkpoint.old",
        "damaged-/file", "elsewhere->", "01/file", "-1/file", "+1/file", "topic.json.bak", "topic.json~",
    ];

    /// <summary>
    /// Those that can be there on this system: on Windows "Lock" is the log's own file, and a link needs a right.
    /// </summary>
    private static readonly string[] s_possible =
        [.. s_foreign.Where(name => IsPossible(name) && !(OperatingSystem.IsWindows() && name == "Lock"))];

    private readonly TempDirectory _directory = new();

    private string Root => _directory["log"];

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string> Levels() => [.. s_levels];

    [Theory]
    [MemberData(nameof(Levels))]
    public async Task Open_ForeignNamesOnALevel_LeavesThemAloneAndWarnsOnce(string level)
    {
        await MakeLogAsync();
        string there = Path.Combine(Root, level);
        string[] planted = [.. s_possible.Select(name => Plant(there, name))];

        for (int life = 0; life < 2; life++)
        {
            LogLines lines = new();
            CommitLogOptions options = new() { LoggerFactory = lines };
            await using (CommitLog log = await CommitLog.OpenAsync(Root, options))
            {
                await UseAsync(log, life);
            }

            string warning = Warning(lines);
            Assert.Contains($"'{Shown(level, "000000001.segment")}'", warning, StringComparison.Ordinal);
            Assert.Contains($"and {s_possible.Length - 1 - 5} more", warning, StringComparison.Ordinal);
            Assert.All(planted, path => Assert.True(Path.Exists(path), path));
        }

        await FollowAsync();
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public async Task Open_EachForeignNameAlone_IsNamed(string level)
    {
        await MakeLogAsync();
        string there = Path.Combine(Root, level);
        foreach (string name in s_possible)
        {
            string planted = Plant(there, name);
            LogLines lines = new();
            await (await CommitLog.OpenAsync(Root, new CommitLogOptions { LoggerFactory = lines })).DisposeAsync();

            string warning = Warning(lines);
            string first = name.TrimEnd('/').Split('/')[0].Replace("->", "", StringComparison.Ordinal);
            Assert.Contains($": '{Shown(level, first)}'. The log", warning, StringComparison.Ordinal);
            Assert.True(Path.Exists(planted), planted);
            Remove(Path.Combine(there, first));
        }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public async Task Open_NamesThatSystemsMake_LeavesThemAloneWithoutAWord(string level)
    {
        await MakeLogAsync();
        string[] planted = [.. s_commonplace.Select(name => Plant(Path.Combine(Root, level), name))];

        LogLines lines = new();
        await using (CommitLog log = await CommitLog.OpenAsync(Root, new CommitLogOptions { LoggerFactory = lines }))
        {
            await UseAsync(log, 0);
        }

        Assert.DoesNotContain(lines.All, line => line.StartsWith("Warning: ", StringComparison.Ordinal));
        Assert.All(planted, path => Assert.True(Path.Exists(path), path));
        await FollowAsync();
    }

    [Fact]
    public async Task Open_RootOfAFreshVolume_MakesALog()
    {
        using LoopMount mount = LoopMount.Create("ext4", 16);
        Assert.True(Directory.Exists(mount["lost+found"]));

        await using (CommitLog log = await CommitLog.OpenAsync(mount.Path))
        {
            (await log.CreateTopicAsync("events"))[0].Append(new RawRecord("value"u8));
        }

        await using CommitLog again = await CommitLog.OpenAsync(mount.Path);
        Assert.Equal(1, again.GetTopic("events")[0].EndOffset);
    }

    [Fact]
    public async Task Open_OnlyNamesThatSystemsMake_MakesALog()
    {
        Array.ForEach(s_commonplace, name => Plant(Root, name));
        await (await CommitLog.OpenAsync(Root)).DisposeAsync();
        Assert.True(File.Exists(Path.Combine(Root, "session")));
    }

    /// <summary>A directory of something else does not become a log by a mistake in a path.</summary>
    [Theory]
    [InlineData("notes.txt")]
    [InlineData("src/")]
    [InlineData("topics/")]
    [InlineData("groups/")]
    [InlineData("sessions")]
    [InlineData("control")]
    [InlineData("elsewhere->")]
    public async Task Open_AnythingElse_IsRefusedAndNamed(string name)
    {
        Assert.SkipUnless(IsPossible(name), "Links cannot be made here.");
        Plant(Root, "lost+found/");
        string planted = Plant(Root, name);

        LogDirectoryException told = await Assert.ThrowsAsync<LogDirectoryException>(
            async () => await CommitLog.OpenAsync(Root));

        Assert.Contains($"'{Path.GetFileName(planted)}' but no log", told.Message, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFileSystemEntries(Root).Length);
    }

    /// <summary>What may be the log's is not passed over: without its volume a mount point is empty.</summary>
    [Theory]
    [InlineData("topics/other-2/")]
    [InlineData("topics/other-2/lost+found/")]
    [InlineData("topics/other-2/0/")]
    [InlineData("topics/other-2->")]
    public async Task Open_WhatMayBeATopic_IsRefused(string name)
    {
        Assert.SkipUnless(IsPossible(name), "Links cannot be made here.");
        await MakeLogAsync();
        Plant(Root, name);
        await Assert.ThrowsAsync<CorruptLogException>(async () => await CommitLog.OpenAsync(Root));
    }

    /// <summary>A name as the log shows it: below its directory, with the separators of this system.</summary>
    private static string Shown(string level, string name) =>
        Path.Combine(level, name).Replace('/', Path.DirectorySeparatorChar);

    private static bool IsPossible(string name) => !name.EndsWith("->", StringComparison.Ordinal) || Links.CanBeMade;

    private static string Warning(LogLines lines) =>
        Assert.Single(lines.All, line => line.StartsWith("Warning: ", StringComparison.Ordinal));

    private static string Plant(string directory, string name)
    {
        if (name.EndsWith("->", StringComparison.Ordinal))
        {
            string link = Path.Combine(directory, name[..^2]);
            Directory.CreateDirectory(directory);
            return Directory.CreateSymbolicLink(link, Path.GetTempPath()).FullName;
        }

        string path = Path.Combine(directory, name);
        if (name.EndsWith('/'))
        {
            return Path.TrimEndingDirectorySeparator(Directory.CreateDirectory(path).FullName);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "precious");
        return path;
    }

    private static void Remove(string path)
    {
        if (File.Exists(path) || new FileInfo(path).LinkTarget is not null)
        {
            File.Delete(path);
        }
        else
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private async Task MakeLogAsync()
    {
        await using CommitLog log = await CommitLog.OpenAsync(Root);
        Topic topic = await log.CreateTopicAsync("events", new TopicOptions { Partitions = 2 });
        topic[0].Append(new RawRecord("value"u8));
        topic[1].Append(new RawRecord("value"u8));
        log.Offsets.Commit("group", new PartitionCommit(topic[0].Log, 1));
    }

    private static async Task UseAsync(CommitLog log, int life)
    {
        Assert.True(log.Recovery.Clean);
        Assert.Equal("events", Assert.Single(log.Topics).Name);
        Assert.Equal(1 + life, log.GetTopic("events")[0].EndOffset);
        log.GetTopic("events")[0].Append(new RawRecord("value"u8));
        Topic other = await log.CreateTopicAsync("other");
        other[0].Append(new RawRecord("value"u8));
        Assert.True((await log.VerifyAsync()).IsIntact);
        await log.DeleteTopicAsync("other");
    }

    private async Task FollowAsync()
    {
        await using ReadOnlyLog follower = await CommitLog.OpenReadOnlyAsync(Root);
        Assert.Equal("events", Assert.Single(follower.Topics).Name);
    }
}
