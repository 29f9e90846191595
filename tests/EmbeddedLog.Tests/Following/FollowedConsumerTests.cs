using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Following;

/// <summary>Consumers of a log that another process owns: one partition's trouble is its own there too.</summary>
public sealed class FollowedConsumerTests
{
    private static readonly Subscription s_both = Subscription.Topics(FollowFixture.Topic, "other");

    [Fact]
    public void CreateConsumer_WithAGroup_SaysWhoKeepsCommits()
    {
        using FollowFixture fixture = Make();
        using ReadOnlyLog log = fixture.Follow();

        Assert.Contains(
            "A process that only reads the log cannot commit for group 'billing' without a directory of its own: set "
            + "ReadOnlyLogOptions.OffsetsDirectory.",
            Assert.Throws<ArgumentException>(
                "group", () => log.CreateConsumer<byte[]?, byte[]>(s_both, "billing")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "There are no topics 'topics' and 'others'; the log has 'other', 'topic'. Did you mean 'topic' and "
            + "'other'? The process that owns the log makes topics.",
            Assert.Throws<UnknownTopicException>(
                () => log.CreateConsumer<byte[]?, byte[]>(Subscription.Topics("topics", "others"))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => log.CreateConsumer<byte[]?, byte[]>(Subscription.Partitions(new TopicPartition("other", 2))));
    }

    [Fact]
    public void ReadToEndAsync_FilesOfOnePartitionAreDamaged_ReadsTheOthersThenThrowsEachTime()
    {
        using FollowFixture fixture = Make();
        FollowedDamage.OfManifest(fixture);
        using ReadOnlyLog log = fixture.Follow();
        Consumer<byte[]?, byte[]> consumer = log.CreateConsumer<byte[]?, byte[]>(s_both);
        List<string> read = [];
        for (int i = 0; i < 2; i++)
        {
            CorruptLogException told = Assert.Throws<CorruptLogException>(
                () => fixture.Machine.Run(() => ReadToEndAsync(consumer, read)));
            Assert.Equal(FollowFixture.Topic, told.Topic);
            Assert.Equal(["other-0", "other-0", "other-1", "other-1"], read);
        }
    }

    [Fact]
    public void ReadAllAsync_FilesOfOnePartitionAreDamaged_TheOthersGoOnAndItIsTriedAgain()
    {
        using FollowFixture fixture = Make();
        byte[] good = FollowedDamage.OfManifest(fixture);
        using ReadOnlyLog log = fixture.Follow();
        Consumer<byte[]?, byte[]> consumer = log.CreateConsumer<byte[]?, byte[]>(s_both);
        Assert.Throws<CorruptLogException>(() => fixture.Machine.Run(() => consumer.TakeAsync(1)));
        Assert.Equal(
            ["other", "other", "other", "other"],
            fixture.Machine.Run(() => consumer.TakeFinishedAsync(4)).Select(record => record.Topic));

        // Nothing else is there: the pause is waited out.
        Assert.Throws<CorruptLogException>(
            () => fixture.Machine.Run(() => consumer.TakeAsync(1), TimeSpan.FromMilliseconds(100)));
        FollowedDamage.Repair(fixture, good);
        Assert.Equal(
            [0L, 1L],
            fixture.Machine.Run(() => consumer.TakeAsync(2), TimeSpan.FromMilliseconds(200))
                .Select(record => record.Offset));
    }

    /// <summary>A partition that was read up to its end and failed for a moment is as any other afterwards.</summary>
    [Fact]
    public void ReadAllAsync_OnePartitionFailsForAMoment_IsWokenByItsAppendsAgain()
    {
        using FollowFixture fixture = new();
        fixture.Open();
        fixture.Append(1);
        using ReadOnlyLog log = fixture.Follow();
        Consumer<byte[]?, byte[]> consumer = log.CreateConsumer<byte[]?, byte[]>(FollowFixture.Topic);
        fixture.Machine.Run(() => consumer.TakeFinishedAsync(1));
        fixture.Close();
        byte[] good = FollowedDamage.OfManifest(fixture);
        Assert.Throws<CorruptLogException>(
            () => fixture.Machine.Run(() => consumer.TakeAsync(1), TimeSpan.FromSeconds(1)));
        FollowedDamage.Repair(fixture, good);
        Task<List<Record<byte[]?, byte[]>>> reading = consumer.TakeAsync(1);
        fixture.Machine.Scheduler.RunUntilIdle();
        fixture.Machine.Time.Advance(TimeSpan.FromMilliseconds(200));
        fixture.Machine.Scheduler.RunUntilIdle();
        Assert.False(reading.IsCompleted);

        fixture.Open();
        fixture.Append(1);
        fixture.Machine.Time.Advance(TimeSpan.FromSeconds(1));
        fixture.Machine.Scheduler.RunUntilIdle();

        Assert.Equal(1, Assert.Single(reading.Ended()).Offset);
    }

    [Fact]
    public void ReadAllAsync_OwnerDeletesOneTopic_TheOthersGoOn()
    {
        using FollowFixture fixture = Make();
        CommitLog owner = fixture.Open();
        using ReadOnlyLog log = fixture.Follow();
        Consumer<byte[]?, byte[]> consumer = log.CreateConsumer<byte[]?, byte[]>(s_both);
        fixture.Machine.Run(() => consumer.TakeFinishedAsync(6));
        fixture.Finish(owner.DeleteTopicAsync("other").AsTask());
        UnknownTopicException told = Assert.Throws<UnknownTopicException>(
            () => fixture.Machine.Run(() => consumer.TakeAsync(1), TimeSpan.FromSeconds(2)));
        Assert.Equal("other", told.Topic);
        fixture.Append(1);

        Assert.Equal(
            [FollowFixture.Topic],
            fixture.Machine.Run(() => consumer.TakeAsync(1)).Select(record => record.Topic));
        Assert.Equal(
            [FollowFixture.Topic],
            fixture.Machine.Run(consumer.GetLagAsync()).Select(lag => lag.Partition.Topic));
    }

    private static async Task ReadToEndAsync(Consumer<byte[]?, byte[]> consumer, List<string> read)
    {
        await foreach (Record<byte[]?, byte[]> record in consumer.ReadToEndAsync())
        {
            read.Add(record.TopicPartition.ToString());
        }
    }

    /// <summary>A topic of one partition and one of two, with two records in each, closed.</summary>
    private static FollowFixture Make()
    {
        FollowFixture fixture = new();
        CommitLog owner = fixture.Open();
        fixture.Finish(owner.CreateTopicAsync("other", new TopicOptions { Partitions = 2 }).AsTask());
        for (int i = 0; i < 2; i++)
        {
            fixture.Append(1);
            owner.GetTopic("other")[0].Append(new RawRecord("x"u8));
            owner.GetTopic("other")[1].Append(new RawRecord("x"u8));
        }

        fixture.Close();
        return fixture;
    }
}
