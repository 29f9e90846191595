using System.Globalization;
using System.Text;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Backup;

/// <summary>A backup of a log that is used opens clean and holds a prefix of each partition.</summary>
public sealed class BackupTests : IDisposable
{
    private const int Partitions = 3;

    private readonly TempDirectory _directory = new();

    private string Root => _directory["log"];

    private string Target => _directory[Path.Combine("backups", "one")];

    public void Dispose() => _directory.Dispose();

    private static TopicOptions Options() => new() { Partitions = Partitions, SegmentBytes = 16 << 10 };

    [Fact]
    public async Task BackupAsync_QuietLog_IsTheSameLog()
    {
        await using CommitLog log = await CommitLog.OpenAsync(Root);
        Topic topic = await log.CreateTopicAsync("topic", Options());
        await log.CreateTopicAsync("empty");
        Fill(topic[0], 300);
        Fill(topic[1], 5);
        log.Offsets.Commit("group", new PartitionCommit(topic[0].Log, 200, "meta"));

        BackupReport report = await log.BackupAsync(Target);

        Assert.Equal((2, Partitions + 1, 305), (report.Topics, report.Partitions, report.Records));
        Assert.Equal(Target, report.Directory);
        await using CommitLog copy = await OpenAsync(Target);
        Assert.Equal(["empty", "topic"], copy.Topics.Select(each => each.Name));
        Assert.Equal(topic.Stored.Options.SegmentBytes, copy.GetTopic("topic").Stored.Options.SegmentBytes);
        AssertSame(topic, copy.GetTopic("topic"), [300, 5, 0]);
        Assert.Equal(200, copy.Offsets.Effective("group", copy.GetTopic("topic")[0].Log)!.Value.Offset);
        Assert.Equal("meta", copy.Offsets.Effective("group", copy.GetTopic("topic")[0].Log)!.Value.Metadata);
        Assert.True((await copy.VerifyAsync()).IsIntact);
    }

    /// <summary>The law: prefixes, and no committed offset beyond them, whatever goes on meanwhile.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task BackupAsync_UnderLoad_HoldsPrefixesAndNoCommitBeyondThem(int seed)
    {
        await using CommitLog log = await CommitLog.OpenAsync(Root);
        Topic topic = await log.CreateTopicAsync("topic", Options());
        using CancellationTokenSource stop = new();
        Task load = Task.Run(() => LoadAsync(log, topic, seed, stop.Token), TestContext.Current.CancellationToken);
        Task noise = Task.Run(() => ChangeTopicsAsync(log, stop.Token), TestContext.Current.CancellationToken);
        try
        {
            for (int i = 0; i < 5; i++)
            {
                await WaitForAsync(topic, 200 * (i + 1));
                string target = _directory[$"backup-{i}"];
                await log.BackupAsync(target, new BackupOptions { ShareSegments = i % 2 == 0 });
                await CheckAsync(topic, target);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await load;
            await noise;
        }
    }

    /// <summary>Neither side changes what both see: each goes on, and both are intact afterwards.</summary>
    [Fact]
    public async Task BackupAndLog_BothGoOn_DoNotTouchEachOther()
    {
        CommitLog log = await CommitLog.OpenAsync(Root);
        Topic topic = await log.CreateTopicAsync("topic", Options());
        Fill(topic[0], 300);
        await log.BackupAsync(Target);
        Fill(topic[0], 100, from: 300);
        await using (CommitLog copy = await OpenAsync(Target))
        {
            OwnedPartition partition = copy.GetTopic("topic")[0];
            Fill(partition, 100, from: 10_300);
            copy.GetTopic("topic")[0].Log.DeleteBefore(50);
        }

        topic[0].Log.DeleteBefore(100);
        await log.DisposeAsync();
        await using (CommitLog again = await OpenAsync(Root))
        {
            Assert.Equal(Enumerable.Range(100, 300), Read(again.GetTopic("topic")[0]));
            Assert.True((await again.VerifyAsync()).IsIntact);
        }

        await using CommitLog last = await OpenAsync(Target);
        Assert.Equal(
            Enumerable.Range(50, 250).Concat(Enumerable.Range(10_300, 100)), Read(last.GetTopic("topic")[0]));
        Assert.True((await last.VerifyAsync()).IsIntact);
    }

    [Theory]
    [InlineData("ext4", 64)]
    [InlineData("xfs", 320)]
    [InlineData("btrfs", 128)]
    [InlineData("tmpfs", 64)]
    public async Task BackupAsync_OnEachFileSystem_SharesWhatIsComplete(string type, int mebibytes)
    {
        using LoopMount mount = type == "tmpfs"
            ? LoopMount.CreateWithoutDevice(type, $"size={mebibytes}m")
            : LoopMount.Create(type, mebibytes);
        await using CommitLog log = await CommitLog.OpenAsync(mount["log"]);
        Topic topic = await log.CreateTopicAsync("topic", Options());
        Fill(topic[0], 500);

        BackupReport shared = await log.BackupAsync(mount["shared"]);
        BackupReport copied = await log.BackupAsync(mount["copied"], new BackupOptions { ShareSegments = false });
        BackupReport elsewhere = await log.BackupAsync(Target);

        Assert.True(shared.SharedBytes > 10 * shared.CopiedBytes, $"{shared}");
        Assert.Equal((0, 0), (copied.SharedBytes, elsewhere.SharedBytes));
        Assert.Equal(copied.CopiedBytes, shared.SharedBytes + shared.CopiedBytes);
        Fill(topic[0], 100, from: 500);
        await CheckAsync(topic, mount["shared"]);
        await CheckAsync(topic, mount["copied"]);
        await CheckAsync(topic, Target);
    }

    [Fact]
    public async Task BackupAsync_CopiedToAnotherPlace_OpensCleanAndReadOnly()
    {
        await using CommitLog log = await CommitLog.OpenAsync(Root);
        Fill((await log.CreateTopicAsync("topic", Options()))[0], 300);
        await log.BackupAsync(Target);
        string restored = _directory["restored"];
        Command.CopyDirectory(Target, restored);

        await using (ReadOnlyLog reader = await CommitLog.OpenReadOnlyAsync(restored))
        {
            Assert.Equal(300, reader.GetTopic("topic")[0].EndOffset);
        }

        await using CommitLog copy = await OpenAsync(restored);
        Assert.Equal(Enumerable.Range(0, 300), Read(copy.GetTopic("topic")[0]));
    }

    /// <summary>A backup of a log whose beginning retention took, and a backup of that backup.</summary>
    [Fact]
    public async Task BackupAsync_OfATrimmedLogAndOfItsBackup_HoldsTheSame()
    {
        await using CommitLog log = await CommitLog.OpenAsync(Root);
        Topic topic = await log.CreateTopicAsync("topic", Options());
        Fill(topic[0], 300);
        Fill(topic[1], 300);
        await log.FlushAsync();
        topic[0].Log.DeleteBefore(150);
        topic[1].Log.DeleteBefore(300);
        await log.BackupAsync(Target);
        await using CommitLog copy = await OpenAsync(Target);
        AssertSame(topic, copy.GetTopic("topic"), [300, 300, 0]);
        Fill(copy.GetTopic("topic")[1], 50, from: 300);

        await copy.BackupAsync(_directory["second"]);

        await using CommitLog second = await OpenAsync(_directory["second"]);
        AssertSame(copy.GetTopic("topic"), second.GetTopic("topic"), [300, 350, 0]);
    }

    [Fact]
    public async Task BackupAsync_Cancelled_LeavesNothing()
    {
        await using CommitLog log = await CommitLog.OpenAsync(Root);
        Fill((await log.CreateTopicAsync("topic", Options()))[0], 500);
        Directory.CreateDirectory(Target);
        Directory.CreateDirectory(Path.Combine(Target, "lost+found"));
        for (int reports = 1; reports < 40; reports++)
        {
            using CancellationTokenSource cancel = new();
            Countdown countdown = new(reports, cancel);
            try
            {
                await log.BackupAsync(Target, null, countdown, cancel.Token);
                Assert.True(reports > 5, "It was not cancelled.");
                return;
            }
            catch (OperationCanceledException)
            {
                Assert.Equal(["lost+found"], Directory.GetFileSystemEntries(Target).Select(Path.GetFileName));
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("inside")]
    [InlineData("..")]
    public async Task BackupAsync_InTheLogOrAroundIt_IsRefused(string relative)
    {
        await using CommitLog log = await CommitLog.OpenAsync(Root);
        await Assert.ThrowsAsync<LogDirectoryException>(
            async () => await log.BackupAsync(Path.Combine(Root, relative)));
    }

    [Fact]
    public async Task BackupAsync_DirectoryThatHoldsSomething_IsRefusedAndNamed()
    {
        await using CommitLog log = await CommitLog.OpenAsync(Root);
        await log.BackupAsync(Target);
        LogDirectoryException told = await Assert.ThrowsAsync<LogDirectoryException>(
            async () => await log.BackupAsync(Target));
        Assert.Contains("is not empty", told.Message, StringComparison.Ordinal);
        await (await OpenAsync(Target)).DisposeAsync();
    }

    [Fact]
    public async Task BackupAsync_Progress_EndsAtAll()
    {
        await using CommitLog log = await CommitLog.OpenAsync(Root);
        Fill((await log.CreateTopicAsync("topic", Options()))[0], 500);
        List<BackupProgress> told = [];
        BackupReport report = await log.BackupAsync(Target, null, new Told(told));
        Assert.Equal(told.Select(each => each.Bytes).Order(), told.Select(each => each.Bytes));
        Assert.Equal(report.CopiedBytes + report.SharedBytes, told[^1].Bytes);
        Assert.Equal(told[^1].TotalBytes, told[^1].Bytes);
    }

    private static void Fill(OwnedPartition partition, int count, int from = 0)
    {
        for (int i = from; i < from + count; i++)
        {
            byte[] value = Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture).PadRight(400));
            partition.Append(new RawRecord(value));
        }
    }

    private static List<int> Read(OwnedPartition partition)
    {
        List<int> numbers = [];
        using PartitionScan scan = partition.Scan(partition.StartOffset);
        while (scan.TryRead(out RecordView record))
        {
            numbers.Add(int.Parse(record.Value, CultureInfo.InvariantCulture));
        }

        return numbers;
    }

    private static async Task<CommitLog> OpenAsync(string directory)
    {
        LogLines lines = new();
        CommitLog log = await CommitLog.OpenAsync(directory, new CommitLogOptions { LoggerFactory = lines });
        Assert.True(log.Recovery.Clean);
        Assert.DoesNotContain(lines.All, line => line.StartsWith("Warning", StringComparison.Ordinal));
        return log;
    }

    private static void AssertSame(Topic log, Topic copy, long[] ends)
    {
        Assert.Equal(ends, copy.Partitions.Select(partition => partition.EndOffset));
        for (int i = 0; i < ends.Length; i++)
        {
            Assert.Equal(log[i].StartOffset, copy[i].StartOffset);
            Assert.Equal(Read(log[i]), Read(copy[i]));
        }
    }

    private static async Task CheckAsync(Topic topic, string directory)
    {
        await using CommitLog copy = await OpenAsync(directory);
        Topic copied = copy.GetTopic("topic");
        foreach (OwnedPartition partition in copied.Partitions)
        {
            // Records are numbered as their offsets.
            long start = partition.StartOffset;
            Assert.True(partition.EndOffset <= topic[partition.Log.Id.Partition].DurableOffset);
            Assert.Equal(
                Enumerable.Range((int)start, (int)(partition.EndOffset - start)), Read(partition));
            if (copy.Offsets.Effective("group", partition.Log) is { } committed)
            {
                Assert.InRange(committed.Offset, 0, partition.EndOffset);
            }
        }

        Assert.True((await copy.VerifyAsync()).IsIntact);
        copied[0].Append(new RawRecord("more"u8));
    }

    private static async Task WaitForAsync(Topic topic, long end)
    {
        while (topic[0].EndOffset < end)
        {
            await topic[0].WaitForAsync(topic[0].EndOffset, TestContext.Current.CancellationToken);
        }
    }

    private static async Task LoadAsync(CommitLog log, Topic topic, int seed, CancellationToken stop)
    {
        Random random = new(seed);
        for (int turn = 0; !stop.IsCancellationRequested; turn++)
        {
            OwnedPartition partition = topic[random.Next(Partitions)];
            Fill(partition, random.Next(1, 20), (int)partition.EndOffset);
            log.Offsets.Commit("group", new PartitionCommit(partition.Log, partition.EndOffset));
            if (turn % 20 == 19)
            {
                await partition.FlushAsync(CancellationToken.None);
                partition.Log.DeleteBefore(partition.EndOffset - random.Next(100, 300));
            }
        }
    }

    private static async Task ChangeTopicsAsync(CommitLog log, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Topic topic = await log.CreateTopicAsync("brief", Options(), CancellationToken.None);
            Fill(topic[0], 100);
            log.Offsets.Commit("group", new PartitionCommit(topic[0].Log, 100));
            await log.DeleteTopicAsync("brief", CancellationToken.None);
        }
    }

    private sealed class Countdown(int reports, CancellationTokenSource cancel) : IProgress<BackupProgress>
    {
        private int _left = reports;

        public void Report(BackupProgress value)
        {
            if (--_left == 0)
            {
                cancel.Cancel();
            }
        }
    }

    private sealed class Told(List<BackupProgress> all) : IProgress<BackupProgress>
    {
        public void Report(BackupProgress value) => all.Add(value);
    }
}
