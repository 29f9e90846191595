using System.Text;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests;

/// <summary>A whole log on a real file system that has no space left.</summary>
public sealed class FullDiskTests
{
    private const int ValueBytes = 1_000;

    [Theory]
    [InlineData("tmpfs")]
    [InlineData("ext4")]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public async Task Append_FullFileSystem_ChangesNothingAndGoesOnWhenThereIsSpace(string type)
    {
        using LoopMount mount = Create(type);
        string directory = mount["log"];
        long end;
        await using (CommitLog log = await CommitLog.OpenAsync(directory))
        {
            Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { SegmentBytes = 1 << 20 });
            AppendNumbered(topic[0], 100);
            await topic[0].FlushAsync();
            string ballast = Fill(mount);

            DiskFullException full = Assert.Throws<DiskFullException>(() => AppendNumbered(topic[0], long.MaxValue));
            end = topic[0].EndOffset;
            Assert.Contains("space", full.Message, StringComparison.Ordinal);
            Assert.Equal("topic", full.Topic);
            Assert.Throws<DiskFullException>(() => topic[0].Append(Numbered(end)));
            AssertNumbered(topic[0], end);

            File.Delete(ballast);
            AppendNumbered(topic[0], end + 500);
            await topic[0].FlushAsync();
            Assert.Equal(end + 500, topic[0].DurableOffset);
        }

        await using CommitLog reopened = await CommitLog.OpenAsync(directory);
        AssertNumbered(reopened.GetTopic("topic")[0], end + 500);
    }

    [Theory]
    [InlineData("tmpfs")]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public async Task EnsureTopic_FullFileSystemAndTheSameOptions_CanBeReadAfterRestarts(string type)
    {
        using LoopMount mount = Create(type);
        await using (CommitLog log = await CommitLog.OpenAsync(mount["log"]))
        {
            AppendNumbered((await log.EnsureTopicAsync("topic", new TopicOptions()))[0], 10);
        }

        string ballast = Fill(mount);
        for (int life = 0; life < 3; life++)
        {
            await using CommitLog log = await CommitLog.OpenAsync(mount["log"]);
            Assert.True(log.Recovery.Clean);
            AssertNumbered((await log.EnsureTopicAsync("topic", new TopicOptions()))[0], 10);
        }

        File.Delete(ballast);
    }

    [Theory]
    [InlineData("tmpfs")]
    [InlineData("ext4")]
    public async Task CreateTopic_FullFileSystem_MakesNothingAndCanBeRepeated(string type)
    {
        using LoopMount mount = Create(type);
        await using CommitLog log = await CommitLog.OpenAsync(mount["log"]);
        string ballast = Fill(mount);

        await Assert.ThrowsAsync<DiskFullException>(async () => await log.CreateTopicAsync("topic", Many()));
        Assert.Empty(log.Topics);

        File.Delete(ballast);
        Topic topic = await log.CreateTopicAsync("topic", Many());
        AppendNumbered(topic[0], 10);
        AssertNumbered(topic[0], 10);

        // More than what a file system keeps in reserve for names.
        static TopicOptions Many() => new() { Partitions = 200 };
    }

    [Fact]
    public async Task Open_FullFileSystem_SaysSoAndOpensWhenThereIsSpace()
    {
        using LoopMount mount = Create("tmpfs");
        string ballast = Fill(mount);
        EmbeddedLogException told = await Assert.ThrowsAnyAsync<EmbeddedLogException>(
            async () => await CommitLog.OpenAsync(mount["log"]));
        Assert.Contains("space", told.Message, StringComparison.Ordinal);

        File.Delete(ballast);
        await using CommitLog log = await CommitLog.OpenAsync(mount["log"]);
        Assert.Empty(log.Topics);
    }

    /// <summary>
    /// A file of a partition written positionally has its full size without blocks, and on a full tmpfs a page that
    /// nothing was written to cannot even be looked at through a map. Opening has no business there.
    /// </summary>
    [Fact]
    public async Task Open_PositionalTailWithoutIndexOnFullFileSystem_ReadsWhatIsThere()
    {
        using LoopMount mount = Create("tmpfs");
        await using (CommitLog log = await CommitLog.OpenAsync(mount["log"]))
        {
            Topic topic = await log.CreateTopicAsync("topic", Positional());
            AppendNumbered(topic[0], 100);
        }

        Array.ForEach(Directory.GetFiles(mount["log"], "*.index", SearchOption.AllDirectories), File.Delete);
        string ballast = Fill(mount);

        await using (CommitLog full = await CommitLog.OpenAsync(mount["log"]))
        {
            AssertNumbered(full.GetTopic("topic")[0], 100);
            File.Delete(ballast);
        }
    }

    [Fact]
    public async Task Open_UncleanPositionalTailOnFullFileSystem_SaysSoAndOpensWhenThereIsSpace()
    {
        // The kernel is asked to read the pages first, for what cannot be had ends the process.
        Require.Unemulated();
        using LoopMount mount = Create("tmpfs");
        await using (CommitLog log = await CommitLog.OpenAsync(mount["log"]))
        {
            Topic topic = await log.CreateTopicAsync("topic", Positional());
            AppendNumbered(topic[0], 100);
            CopySparsely(mount["log"], mount["copy"]);
        }

        string ballast = Fill(mount);
        await Assert.ThrowsAsync<DiskFullException>(async () => await CommitLog.OpenAsync(mount["copy"]));

        File.Delete(ballast);
        await using CommitLog copy = await CommitLog.OpenAsync(mount["copy"]);
        AssertNumbered(copy.GetTopic("topic")[0], 100);
    }

    private static TopicOptions Positional() =>
        new() { SegmentBytes = 1 << 20, WriteMode = WriteMode.Positional };

    /// <summary>What stands there while the log is open; the zeros at the end of a file take no space.</summary>
    private static void CopySparsely(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string directory in Directory.GetDirectories(from))
        {
            CopySparsely(directory, Path.Combine(to, Path.GetFileName(directory)));
        }

        foreach (string file in Directory.GetFiles(from).Where(file => Path.GetFileName(file) != "lock"))
        {
            using FileStream source = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            byte[] bytes = new byte[source.Length];
            source.ReadExactly(bytes);
            using FileStream target = new(Path.Combine(to, Path.GetFileName(file)), FileMode.CreateNew);
            target.Write(bytes.AsSpan(0, bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1));
            target.SetLength(bytes.Length);
        }
    }

    private static LoopMount Create(string type) => type switch
    {
        "tmpfs" => LoopMount.CreateWithoutDevice("tmpfs", "size=8m"),
        "ext4" => LoopMount.Create(type, 16),
        "xfs" => LoopMount.Create(type, 320),
        _ => LoopMount.Create(type, 128),
    };

    /// <summary>Takes all space that is free.</summary>
    private static string Fill(LoopMount mount)
    {
        string path = mount["ballast"];
        byte[] chunk = new byte[64 << 10];
        Random.Shared.NextBytes(chunk);
        try
        {
            using FileStream ballast = new(path, FileMode.CreateNew);
            while (true)
            {
                ballast.Write(chunk);
                ballast.Flush();
            }
        }
        catch (IOException)
        {
            return path;
        }
    }

    private static RawRecord Numbered(long number)
    {
        byte[] value = new byte[ValueBytes];
        Encoding.UTF8.GetBytes($"{number} ", value);
        return new RawRecord(value);
    }

    private static void AppendNumbered(OwnedPartition partition, long end)
    {
        for (long i = partition.EndOffset; i < end; i++)
        {
            Assert.Equal(i, partition.Append(Numbered(i)));
        }
    }

    private static void AssertNumbered(OwnedPartition partition, long end)
    {
        Assert.Equal(end, partition.EndOffset);
        using PartitionScan scan = partition.Scan(partition.StartOffset);
        for (long i = partition.StartOffset; i < end; i++)
        {
            Assert.True(scan.TryRead(out RecordView record), $"There is no offset {i}.");
            Assert.True(record.Value.SequenceEqual(Numbered(i).Value), $"Offset {i} holds something else.");
        }

        Assert.False(scan.TryRead(out _));
    }
}
