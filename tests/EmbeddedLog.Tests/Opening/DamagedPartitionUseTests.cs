using EmbeddedLog.Opening;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Opening;

/// <summary>
/// Consumers, producers, groups, followers, backups and changes of topics on a log with a damaged partition: it fails
/// them where it is meant, and nowhere else.
/// </summary>
public sealed class DamagedPartitionUseTests : DamagedLog
{
    [Fact]
    public void Consume_OnePartitionDamaged_TheOthersGoOnAndItIsTriedAgain() => Machine.Run(async () =>
    {
        await MakeAsync();
        Files.DeleteFile(Segment);
        CommitLog log = await OpenLog.OnAsync(Machine);
        Consumer<byte[], byte[]> consumer = log.CreateConsumer<byte[], byte[]>(Name, "group");
        List<Record<byte[], byte[]>> read = [];
        for (int i = 0; i < 2; i++)
        {
            CorruptLogException told = await Assert.ThrowsAsync<CorruptLogException>(async () =>
            {
                await foreach (Record<byte[], byte[]> record in consumer.ReadToEndAsync())
                {
                    read.Add(record);
                }
            });
            Assert.Equal((Name, 1), (told.Topic, told.Partition));
            Assert.StartsWith(
                $"Partition {Bad} was found damaged when the log was opened, and nothing of it can be read",
                Assert.Throws<ArgumentException>(() => consumer.Skip(told)).Message,
                StringComparison.Ordinal);
            Assert.Equal(2 * Records, read.Count);
        }

        await consumer.CommitFinishedAsync();
        Assert.Equal(Records, consumer.Committed(new TopicPartition(Name, 0)));
        DateTimeOffset before = Machine.Time.GetUtcNow();
        log.GetTopic(Name)[2].Append(Numbered(Records));
        Record<byte[], byte[]> next = Assert.Single(await TakeAsync(consumer, 1));
        Assert.Equal(Records, next.Offset);
        consumer.Finish(next);
        ConsumerLag lag = await consumer.GetLagAsync();
        Assert.Equal([0L, -1, 0], lag.Select(each => each.Records));
        Assert.IsType<CorruptLogException>(lag[1].Failure);
        GroupPartitionDescription row = (await log.DescribeGroupAsync("group")).Partitions[1];
        Assert.Equal((-1L, -1L), (row.EndOffset, row.Lag));
        Assert.IsType<CorruptLogException>(row.Failure);
        await Assert.ThrowsAsync<CorruptLogException>(() => consumer.TakeAsync(1));
        Assert.InRange((Machine.Time.GetUtcNow() - before).TotalSeconds, 0, 31);
        await consumer.DisposeAsync();
        await log.DisposeAsync();
    },
    TimeSpan.FromSeconds(31));

    [Fact]
    public void Commit_ForADamagedPartition_ThrowsAndKeepsTheOneThatThereIs() => Machine.Run(async () =>
    {
        await MakeAsync();
        CommitLog log = await OpenLog.OnAsync(Machine);
        Consumer<byte[], byte[]> consumer = log.CreateConsumer<byte[], byte[]>(Name, "group");
        await consumer.CommitAsync(new NextOffset(Bad, 77), "here");
        await consumer.DisposeAsync();
        await log.DisposeAsync();
        Files.DeleteFile(Segment);
        for (int i = 0; i < 3; i++)
        {
            log = await OpenLog.OnAsync(Machine);
            ConsumerOptions latest = new() { Start = StartAt.Latest };
            consumer = log.CreateConsumer<byte[], byte[]>(Name, "group", latest);
            CommittedOffset? committed = await consumer.GetCommittedAsync(Bad);
            Assert.Equal((77L, "here"), (committed?.Next.Offset, committed?.Metadata));
            await Assert.ThrowsAsync<CorruptLogException>(
                async () => await consumer.CommitAsync(new NextOffset(Bad, 78), null));

            // Neither holds up the commits of the other partitions.
            consumer.Seek(new TopicPartitionOffset(Name, 1, 5));
            await consumer.CommitAsync(new NextOffset(new(Name, 0), 10 + i), null);
            await consumer.CommitFinishedAsync();
            await consumer.DisposeAsync();
            await log.DisposeAsync();
        }

        await SalvageOpening.RunAsync(
            OpenLog.Directory, Bad, new SalvageOptions(), Machine.Platform, CancellationToken.None);
        log = await OpenLog.OnAsync(Machine);
        consumer = log.CreateConsumer<byte[], byte[]>(Name, "group");
        Assert.Equal(77, consumer.Committed(Bad));
        Assert.Equal(12, consumer.Committed(new TopicPartition(Name, 0)));
        await consumer.DisposeAsync();
        await log.DisposeAsync();
    });

    [Fact]
    public void Produce_OnePartitionDamaged_FailsForItAlone() => Machine.Run(async () =>
    {
        await MakeAsync();
        Files.DeleteFile(Segment);
        CommitLog log = await OpenLog.OnAsync(Machine);
        Producer<byte[]?, byte[]> producer = log.CreateProducer<byte[]?, byte[]>(Name);
        int sent = 0;
        int refused = 0;
        for (int i = 0; i < 30; i++)
        {
            try
            {
                RecordMetadata made = await producer.ProduceAsync(null, [1]);
                Assert.NotEqual(1, made.Partition);
                sent++;
            }
            catch (CorruptLogException told)
            {
                Assert.Equal(1, told.Partition);
                refused++;
            }
        }

        Assert.Equal((20, 10), (sent, refused));
        await producer.FlushAsync();
        await producer.DisposeAsync();
        await log.DisposeAsync();
    });

    [Fact]
    public void Follow_ALogWithADamagedPartition_ReadsTheOthers()
    {
        CommitLog log = OpenDamaged();
        using (ReadOnlyLog follower = ReadOnlyLog.Open(OpenLog.Directory, new ReadOnlyLogOptions(), Machine.Platform))
        {
            ReadOnlyTopic topic = follower.GetTopic(Name);
            Assert.Equal(Records, topic[0].EndOffset);
            CorruptLogException told = Assert.Throws<CorruptLogException>(() => topic[1].EndOffset);
            Assert.Equal(log.GetTopic(Name)[1].Failure!.Message, told.Message);
        }

        Close(log);
        using (ReadOnlyLog follower = ReadOnlyLog.Open(OpenLog.Directory, new ReadOnlyLogOptions(), Machine.Platform))
        {
            Assert.Throws<CorruptLogException>(() => follower.GetTopic(Name)[1].Scan(0).Dispose());
            Assert.Equal(Records, follower.GetTopic(Name)[2].EndOffset);
        }
    }

    [Fact]
    public void Backup_ADamagedPartition_IsRefusedAndLeavesNothing()
    {
        CommitLog log = OpenDamaged();

        CorruptLogException told = Assert.Throws<CorruptLogException>(
            () => Machine.Run(() => log.BackupAsync("/backup").AsTask()));

        Assert.Equal((1, Segment), (told.Partition, told.File));
        Assert.False(Files.DirectoryExists("/backup"));
        Close(log);
    }

    [Fact]
    public void DeleteTopic_WithADamagedPartition_EndsItsReports()
    {
        CommitLog log = OpenDamaged();
        OwnedPartition bad = log.GetTopic(Name)[1];

        Machine.Run(log.DeleteTopicAsync(Name));

        Assert.Throws<UnknownTopicException>(() => bad.EndOffset);
        Assert.False(Files.DirectoryExists(Path.GetDirectoryName(BadDirectory)!));
        Close(log);
        log = Open();
        Assert.True(log.Recovery.Clean);
        Assert.Empty(log.Recovery.Damaged);
        Close(log);
    }

    [Fact]
    public void EnsureTopic_WithADamagedPartition_ChangesTheOptionsOfTheOthers()
    {
        CommitLog log = OpenDamaged();

        Machine.Run(() => log.EnsureTopicAsync(
            Name, new TopicOptions { Partitions = 3, FlushInterval = TimeSpan.FromSeconds(2) }).AsTask());
        Machine.Time.Advance(TimeSpan.FromMinutes(2));
        Machine.Scheduler.RunUntilIdle();

        Assert.NotNull(log.GetTopic(Name)[1].Failure);
        Assert.Null(log.GetTopic(Name)[0].Failure);
        Close(log);
    }

    private static async Task<List<Record<byte[], byte[]>>> TakeAsync(Consumer<byte[], byte[]> consumer, int count)
    {
        while (true)
        {
            try
            {
                return await consumer.TakeAsync(count);
            }
            catch (CorruptLogException)
            {
                // The damaged one had its turn.
            }
        }
    }
}
