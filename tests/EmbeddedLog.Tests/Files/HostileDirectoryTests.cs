using System.Buffers.Binary;
using System.Runtime.Versioning;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.Tests.Format;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;
using EmbeddedLog.Topics;

namespace EmbeddedLog.Tests.Files;

/// <summary>
/// A data directory that somebody has prepared: it can make an opening fail, and nothing else. On the real file system,
/// for it is about links, pipes, modes and memory.
/// </summary>
[SupportedOSPlatform("linux")]
[Collection(Alone.Name)]
public sealed class HostileDirectoryTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public HostileDirectoryTests() => Require.Linux();

    private string Root => _directory["log"];

    private string Topic => Path.Combine(Root, "topics", "events-1");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Log_WithAllItsFiles_IsItsOwnersAlone()
    {
        await MakeLogAsync();
        UnixFileMode all = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Equal(all, File.GetUnixFileMode(Root));
        foreach (string path in Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories))
        {
            UnixFileMode expected = Directory.Exists(path) ? all : all & ~UnixFileMode.UserExecute;
            Assert.True(File.GetUnixFileMode(path) == expected, path);
        }
    }

    [Theory]
    [InlineData("events-1.deleted")]
    [InlineData("events-1.new")]
    public async Task DeletedTopic_WithALinkInIt_LeavesTheFilesBehindTheLink(string name)
    {
        await MakeLogAsync();
        string precious = MakePreciousFile();
        string deleted = Directory.CreateDirectory(Path.Combine(Root, "topics", name)).FullName;
        Directory.CreateSymbolicLink(Path.Combine(deleted, "0"), Path.GetDirectoryName(precious)!);

        await using CommitLog log = await CommitLog.OpenAsync(Root);

        Assert.Equal("precious", await File.ReadAllTextAsync(precious, TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists(deleted));
    }

    [Theory]
    [InlineData("topics/other-2")]
    [InlineData("topics/events-1/0")]
    [InlineData("groups")]
    [InlineData("topics")]
    public async Task Directory_ThatIsALink_IsRefused(string name)
    {
        await MakeLogAsync();
        string precious = MakePreciousFile();
        string path = Path.Combine(Root, name);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }

        Directory.CreateSymbolicLink(path, Path.GetDirectoryName(precious)!);

        CorruptLogException told = await Assert.ThrowsAsync<CorruptLogException>(OpenAsync);
        Assert.Equal(path, told.File);
        Assert.Single(Directory.GetFileSystemEntries(Path.GetDirectoryName(precious)!));
    }

    [Theory]
    [InlineData("lock")]
    [InlineData("session")]
    [InlineData("control")]
    [InlineData("topics/events-1/topic.json")]
    [InlineData("topics/events-1/0/manifest")]
    [InlineData("topics/events-1/0/checkpoint")]
    [InlineData("topics/events-1/0/00000001.segment")]
    public async Task File_ThatIsALink_IsNotWrittenThrough(string name)
    {
        await MakeLogAsync();
        string precious = MakePreciousFile();
        string path = Path.Combine(Root, name);
        File.Delete(path);
        File.CreateSymbolicLink(path, precious);

        Exception? told = await Record.ExceptionAsync(OpenAsync);

        Assert.True(told is EmbeddedLogException || (told is null && name == "control"), told?.ToString());
        Assert.Equal("precious", await File.ReadAllTextAsync(precious, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("lock")]
    [InlineData("session")]
    [InlineData("control")]
    [InlineData("topics/events-1/topic.json")]
    [InlineData("topics/events-1/0/manifest")]
    [InlineData("topics/events-1/0/checkpoint")]
    [InlineData("topics/events-1/0/00000001.segment")]
    [InlineData("topics/events-1/0/00000001.index")]
    public async Task File_ThatIsAPipe_IsNotWaitedFor(string name)
    {
        await MakeLogAsync();
        string path = Path.Combine(Root, name);
        File.Delete(path);
        Command.RunOnUnix("mkfifo", path);

        Exception? told = await Record.ExceptionAsync(OpenAsync);

        Assert.True(told is EmbeddedLogException or null, told?.ToString());
    }

    [Fact]
    public async Task TwoTopics_WithOneName_AreReportedAndLeaveNothingOpen()
    {
        await MakeLogAsync();
        string second = Path.Combine(Root, "topics", "events-2");
        Directory.CreateDirectory(Path.Combine(second, "0"));
        File.Copy(Path.Combine(Topic, "topic.json"), Path.Combine(second, "topic.json"));

        CorruptLogException told = await Assert.ThrowsAsync<CorruptLogException>(OpenAsync);

        Assert.Equal(Path.Combine(second, "topic.json"), told.File);
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("", 1)]
    [InlineData("..", 1)]
    [InlineData("../../x", 1)]
    [InlineData("a/b", 1)]
    [InlineData("events", 1_000_000)]
    [InlineData("events", -1)]
    public async Task Descriptor_ForgedWithItsChecksum_IsReported(string? name, int partitions)
    {
        await MakeLogAsync();
        TopicDescriptor forged = TopicDescriptor.From(name!, "1", new TopicOptions { Partitions = partitions });
        await File.WriteAllBytesAsync(
            Path.Combine(Topic, "topic.json"), forged.ToJson(), TestContext.Current.CancellationToken);

        CorruptLogException told = await Assert.ThrowsAsync<CorruptLogException>(OpenAsync);

        Assert.EndsWith("topic.json", told.File, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("topic.json", 2L << 30)]
    [InlineData("0/manifest", 8L << 30)]
    public async Task File_OfGibibytes_IsReportedWithoutBeingRead(string name, long bytes)
    {
        await MakeLogAsync();
        string path = Path.Combine(Topic, name);
        using (FileStream file = new(path, FileMode.Open))
        {
            file.SetLength(bytes);
        }

        long before = GC.GetTotalAllocatedBytes(precise: true);
        CorruptLogException told = await Assert.ThrowsAsync<CorruptLogException>(OpenAsync);
        Assert.Equal(path, told.File);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 64 << 20);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(SegmentHeader.PageBytes)]
    [InlineData(2 * SegmentHeader.PageBytes)]
    [InlineData(long.MaxValue)]
    public async Task Segment_EndedByAForgedManifest_IsNotReadBehindItsMap(long end)
    {
        await MakeLogAsync();
        string path = Path.Combine(Topic, "0", "manifest");
        byte[] manifest = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        ulong topicUid = BinaryPrimitives.ReadUInt64LittleEndian(manifest.AsSpan(16));
        const int Second = ManifestHeader.Bytes + ManifestRecord.Bytes;
        Span<byte> record = manifest.AsSpan(Second, ManifestRecord.Bytes);
        BinaryPrimitives.WriteInt64LittleEndian(record[48..], end);
        Forge.ResealRecord(record, topicUid, Second);
        File.WriteAllBytes(path, manifest);

        await Assert.ThrowsAsync<CorruptLogException>(OpenAsync);
    }

    /// <summary>A log of one topic with several segments, closed.</summary>
    private async Task MakeLogAsync()
    {
        await using CommitLog log = await CommitLog.OpenAsync(Root);
        Topic topic = await log.CreateTopicAsync("events", new TopicOptions { SegmentBytes = 16 << 10 });
        byte[] value = new byte[1000];
        for (int i = 0; i < 40; i++)
        {
            topic[0].Append(new RawRecord(value));
        }
    }

    /// <summary>Opens, and reads all: a segment that nobody reads is not opened.</summary>
    private async Task OpenAsync()
    {
        await using CommitLog log = await CommitLog.OpenAsync(Root);
        using PartitionScan scan = log.GetTopic("events")[0].Scan(0);
        while (scan.TryRead(out _))
        {
        }
    }

    private string MakePreciousFile()
    {
        string path = Path.Combine(Directory.CreateDirectory(_directory["elsewhere"]).FullName, "precious.segment");
        File.WriteAllText(path, "precious");
        return path;
    }
}
