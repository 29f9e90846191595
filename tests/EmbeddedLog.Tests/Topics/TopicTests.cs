using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Topics;

public sealed class TopicTests
{
    [Fact]
    public async Task CreateTopicAsync_Exists_IsAConflict()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        await log.CreateTopicAsync("topic");
        TopicConflictException failure = await Assert.ThrowsAsync<TopicConflictException>(
            async () => await log.CreateTopicAsync("topic"));
        Assert.Equal("topic", failure.Topic);
        Assert.Contains(nameof(CommitLog.EnsureTopicAsync), failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("../escape")]
    [InlineData("white space")]
    [InlineData("__internal")]
    public async Task CreateTopicAsync_IllegalName_ChangesNothing(string name)
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        await Assert.ThrowsAsync<ArgumentException>(async () => await log.CreateTopicAsync(name));
        Assert.Empty(log.Topics);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(root["log"], "topics")));
    }

    [Fact]
    public async Task CreateTopicAsync_ZeroPartitions_IsRefused()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        ArgumentException failure = await Assert.ThrowsAsync<ArgumentException>(
            async () => await log.CreateTopicAsync("topic", new TopicOptions { Partitions = 0, SegmentBytes = 1 }));
        Assert.Contains(nameof(TopicOptions.Partitions), failure.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(TopicOptions.SegmentBytes), failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPPER", "upper")]
    [InlineData("a.b", "a_b")]
    [InlineData("con", "nul")]
    [InlineData("con.events", "aux")]
    [InlineData("com1.data", "lpt9.log")]
    public async Task CreateTopicAsync_LegalNames_AreAllDistinctAndSurvive(string first, string second)
    {
        using TempDirectory root = new();
        string longest = new('x', 249);
        await using (CommitLog log = await CommitLog.OpenAsync(root["log"]))
        {
            (await log.CreateTopicAsync(first))[0].Append(new RawRecord("1"u8));
            await log.CreateTopicAsync(second);
            await log.CreateTopicAsync(longest);
        }

        await using CommitLog again = await CommitLog.OpenAsync(root["log"]);
        Assert.Equal(
            new[] { first, second, longest }.Order(StringComparer.Ordinal), again.Topics.Select(topic => topic.Name));
        Assert.Equal(1, again.GetTopic(first)[0].EndOffset);
        Assert.Equal(0, again.GetTopic(second)[0].EndOffset);
    }

    [Fact]
    public async Task DeleteTopicAsync_WhileALeaseAndAFollowerMapIt_DeletesItAndKeepsTheLease()
    {
        using TempDirectory root = new();
        await using (CommitLog log = await CommitLog.OpenAsync(root["log"]))
        {
            Topic topic = await log.CreateTopicAsync("topic");
            topic[0].Append(new RawRecord("value"u8));
            await topic[0].FlushAsync();
            Assert.True(topic[0].TryReadLast(out RecordLease? lease));
            using ReadOnlyLog follower = await CommitLog.OpenReadOnlyAsync(root["log"]);
            using (PartitionScan scan = follower.GetTopic("topic")[0].Scan(0))
            {
                Assert.True(scan.TryRead(out _));
            }

            await log.DeleteTopicAsync("topic");

            Assert.Empty(log.Topics);
            Assert.Equal(0, (await log.CreateTopicAsync("topic"))[0].EndOffset);
            Assert.True(lease.Value.SequenceEqual("value"u8));
            lease.Dispose();
        }

        await using CommitLog again = await CommitLog.OpenAsync(root["log"]);
        Assert.Single(again.Topics);
        Assert.Single(Directory.GetDirectories(Path.Combine(root["log"], "topics")));
    }

    [Fact]
    public async Task EnsureTopicAsync_ChangedOptions_AreAppliedAndStored()
    {
        using TempDirectory root = new();
        TopicOptions changed = new()
        {
            Partitions = 2,
            Retention = new RetentionPolicy { MaxAge = null, MaxBytesPerPartition = 1 << 20 },
            SegmentBytes = 1 << 20,
            SegmentAge = Timeout.InfiniteTimeSpan,
            MaxRecordBytes = 1000,
            FlushInterval = Timeout.InfiniteTimeSpan,
            TimestampType = TimestampType.LogAppendTime,
            MaxTimestampAhead = TimeSpan.FromMinutes(1),
        };
        await using (CommitLog log = await CommitLog.OpenAsync(root["log"]))
        {
            await log.EnsureTopicAsync("topic", new TopicOptions { Partitions = 2 });
            Topic topic = await log.EnsureTopicAsync("topic", changed);
            Assert.Throws<RecordTooLargeException>(() => topic[0].Append(new RawRecord(new byte[1001])));
            await log.EnsureTopicAsync("topic");
            Assert.Equal(1000, topic.Options.MaxRecordBytes);
        }

        await using CommitLog again = await CommitLog.OpenAsync(root["log"]);
        TopicOptions stored = again.GetTopic("topic").Options;
        Assert.Equal(changed.Retention, stored.Retention);
        Assert.Equal(changed.SegmentBytes, stored.SegmentBytes);
        Assert.Equal(changed.SegmentAge, stored.SegmentAge);
        Assert.Equal(changed.MaxRecordBytes, stored.MaxRecordBytes);
        Assert.Equal(changed.FlushInterval, stored.FlushInterval);
        Assert.Equal(changed.TimestampType, stored.TimestampType);
        Assert.Equal(changed.MaxTimestampAhead, stored.MaxTimestampAhead);
    }

    [Fact]
    public async Task EnsureTopicAsync_OtherPartitionCount_NamesBothValues()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        await log.EnsureTopicAsync("topic", new TopicOptions { Partitions = 2 });
        TopicConflictException failure = await Assert.ThrowsAsync<TopicConflictException>(async () =>
            await log.EnsureTopicAsync("topic", new TopicOptions { Partitions = 5, WriteMode = WriteMode.Positional }));
        Assert.Equal("Partitions 5; WriteMode Positional", failure.Expected);
        Assert.Equal("Partitions 2; WriteMode Auto", failure.Actual);
    }

    [Fact]
    public async Task GetTopic_Unknown_NamesThoseThatThereAre()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        await log.CreateTopicAsync("orders");
        UnknownTopicException failure = Assert.Throws<UnknownTopicException>(() => log.GetTopic("order"));
        Assert.Contains("'orders'", failure.Message, StringComparison.Ordinal);
        Assert.False(log.TryGetTopic("order", out _));
        await Assert.ThrowsAsync<UnknownTopicException>(async () => await log.DeleteTopicAsync("order"));
    }

    [Fact]
    public async Task Indexer_OutOfRange_SaysWhatThereIs()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { Partitions = 3 });
        Assert.Equal(2, topic[2].Number);
        Assert.Throws<ArgumentOutOfRangeException>(() => topic[3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => topic[-1]);
    }

    [Fact]
    public async Task DeleteTopicAsync_ThenCreate_IsANewEmptyTopic()
    {
        using TempDirectory root = new();
        await using (CommitLog log = await CommitLog.OpenAsync(root["log"]))
        {
            Topic old = await log.CreateTopicAsync("topic");
            old[0].Append(new RawRecord("value"u8));
            using RecordLease lease = Last(old[0]);
            await log.DeleteTopicAsync("topic");
            Assert.Equal("value"u8, lease.Value);
            Assert.Throws<UnknownTopicException>(() => old[0].Append(new RawRecord("value"u8)));
            Topic recreated = await log.CreateTopicAsync("topic");
            Assert.Equal(0, recreated[0].EndOffset);
            Assert.NotEqual(old.Stored.Uid, recreated.Stored.Uid);
        }

        await using CommitLog again = await CommitLog.OpenAsync(root["log"]);
        Assert.Equal(0, again.GetTopic("topic")[0].EndOffset);
        Assert.Single(Directory.GetDirectories(Path.Combine(root["log"], "topics")));
    }

    /// <summary>They are not told that the log is disposed, for then they would open it again.</summary>
    [Fact]
    public void DeleteTopicAsync_WhileOthersUseIt_TheirCallsThrow()
    {
        using SimulatedPlatform machine = new(seed: 1);
        machine.Run(async () =>
        {
            await using CommitLog log = await OpenLog.OnAsync(machine);
            OwnedPartition partition = (await log.CreateTopicAsync("topic"))[0];
            partition.Append(new RawRecord("value"u8));
            await using Consumer<string, string> consumer = log.CreateConsumer<string, string>(
                "topic", "group", new ConsumerOptions { Start = StartAt.Latest });
            IAsyncEnumerator<Record<string, string>> records = consumer.ReadAllAsync().GetAsyncEnumerator();
            Task<bool> reading = records.MoveNextAsync().AsTask();
            Task waiting = partition.WaitForAsync(2).AsTask();

            await log.DeleteTopicAsync("topic");

            UnknownTopicException failure = await Assert.ThrowsAsync<UnknownTopicException>(() => reading);
            Assert.Equal("topic", failure.Topic);
            Assert.Contains(nameof(CommitLog.EnsureTopicAsync), failure.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<UnknownTopicException>(() => waiting);
            await Assert.ThrowsAsync<UnknownTopicException>(async () => await partition.WaitForAsync(2));
            Assert.Throws<UnknownTopicException>(() => partition.Scan(0).Dispose());
            await Assert.ThrowsAsync<UnknownTopicException>(
                async () => await consumer.CommitAsync(new NextOffset(new("topic", 0), 1)));
        });
    }

    private static RecordLease Last(OwnedPartition partition) =>
        partition.TryReadLast(out RecordLease? last) ? last : throw new InvalidOperationException("No record.");
}
