using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Coordination.Groups;

/// <summary>Many members, many groups, many rebalances, and callbacks that do not return.</summary>
public sealed class GroupCrowdTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);
    private readonly CommitLog _log;

    public GroupCrowdTests() => _log = _machine.Run(OpenLog.OnAsync(_machine));

    [Fact]
    public void Read_AThousandMembersForFourPartitions_FourReadAndTheOthersTakeOver()
    {
        Topic topic = Create(partitions: 4);
        Append(topic, records: 3);
        List<Consumer<string, string>> members =
            [.. Enumerable.Range(0, 1_000).Select(_ => _log.CreateConsumer<string, string>("orders", "g"))];
        List<(int Member, Record<string, string> Record)> read = [];
        Task[] loops = [.. members.Select((member, i) => ReadAsync(member, i, read))];
        _machine.Scheduler.RunUntilIdle();

        Assert.Equal(12, read.Count);
        Assert.Equal(4, members.Sum(member => member.Assignment.Count));
        Assert.All(members, member => Assert.InRange(member.Assignment.Count, 0, 1));

        // Whoever has a partition leaves, again and again: another one has it, and goes on behind the commit.
        for (int i = 1; i <= 20; i++)
        {
            foreach (Consumer<string, string> owner in members.Where(member => member.Assignment.Count > 0).ToArray())
            {
                members.Remove(owner);
                _machine.Run(owner.DisposeAsync());
            }

            Append(topic, records: 1);
            _machine.Scheduler.RunUntilIdle();
            Assert.Equal(12 + (4 * i), read.Count);
        }

        Assert.Equal(read.Count, read.Select(each => each.Record.TopicPartitionOffset).Distinct().Count());
        members.ForEach(member => _machine.Run(member.DisposeAsync()));
        _machine.Scheduler.RunUntilIdle();
        Assert.All(loops, loop => Assert.True(loop.IsCompletedSuccessfully));
    }

    [Fact]
    public void Commit_OfTenThousandGroups_EachIsWhereItCommitted()
    {
        const int Groups = 10_000;
        Topic topic = Create(partitions: 1);
        Append(topic, records: 10);
        List<Consumer<string, string>> consumers = [];
        for (int i = 0; i < Groups; i++)
        {
            consumers.Add(_log.CreateConsumer<string, string>("orders", $"group-{i}"));
            _machine.Run(consumers[i].CommitAsync(new NextOffset(new("orders", 0), i % 10)));
        }

        Assert.Equal(Groups, _machine.Run(_log.ListGroupsAsync()).Count);
        consumers.ForEach(consumer => _machine.Run(consumer.DisposeAsync()));
        _machine.Run(_log.DisposeAsync());
        CommitLog again = _machine.Run(OpenLog.OnAsync(_machine));
        for (int i = 0; i < Groups; i += 997)
        {
            GroupDescription group = _machine.Run(again.DescribeGroupAsync($"group-{i}"));
            Assert.Equal(i % 10, group.Partitions[0].Committed?.Next.Offset);
            Assert.Equal(GroupState.Empty, group.State);
        }

        _machine.Run(again.DisposeAsync());
    }

    /// <summary>Who does not move is not disturbed, and nobody misses or repeats a record that was committed.</summary>
    [Fact]
    public void Read_ARebalanceForEachRecord_HandlesEachRecordOnce()
    {
        Topic topic = Create(partitions: 4);
        Consumer<string, string> steady = _log.CreateConsumer<string, string>("orders", "g");
        List<(int Member, Record<string, string> Record)> read = [];
        Task loop = ReadAsync(steady, 0, read);
        for (int i = 1; i <= 500; i++)
        {
            topic[i % 4].Append(new RawRecord("value"u8));
            Consumer<string, string> guest = _log.CreateConsumer<string, string>("orders", "g");
            Task visit = ReadAsync(guest, i, read);
            if (i % 3 == 0)
            {
                _machine.Scheduler.RunUntilIdle();
            }

            _machine.Run(guest.DisposeAsync());
            _machine.Scheduler.RunUntilIdle();
            Assert.True(visit.IsCompletedSuccessfully);
        }

        Assert.Equal(500, read.Select(each => each.Record.TopicPartitionOffset).Distinct().Count());
        Assert.Equal(500, read.Count);
        Assert.Contains(read, each => each.Member == 0);
        Assert.Contains(read, each => each.Member != 0);
        Assert.Equal(4, steady.Assignment.Count);
        _machine.Run(steady.DisposeAsync());
        _machine.Scheduler.RunUntilIdle();
        Assert.True(loop.IsCompletedSuccessfully);
    }

    /// <summary>The partitions concerned wait for it, until it has taken longer than a member may.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Callback_DoesNotReturn_LosesItsPartitionsToThoseThatRead(bool whileRevoking)
    {
        Topic topic = Create(partitions: 2);
        Append(topic, records: 1);
        TaskCompletionSource hanging = new();
        bool told = false;
        ConsumerOptions options = new() { MaxPollInterval = TimeSpan.FromMinutes(1) };
        Func<IConsumer, IReadOnlyList<TopicPartition>, CancellationToken, ValueTask> hang =
            async (_, _, _) => await hanging.Task;
        options.OnAssigned = whileRevoking ? null : hang;
        options.OnRevoked = whileRevoking ? hang : null;
        options.OnLost = (_, partitions, _) =>
        {
            told = partitions.Count > 0;
            return ValueTask.CompletedTask;
        };
        Consumer<string, string> stuck = _log.CreateConsumer<string, string>("orders", "g", options);
        List<(int Member, Record<string, string> Record)> read = [];
        Task first = ReadAsync(stuck, 1, read);
        _machine.Scheduler.RunUntilIdle();
        Consumer<string, string> other = _log.CreateConsumer<string, string>("orders", "g");
        Task second = ReadAsync(other, 2, read);
        for (int i = 0; i < 10; i++)
        {
            _machine.Time.Advance(TimeSpan.FromSeconds(15));
            _machine.Scheduler.RunUntilIdle();
        }

        Assert.Equal(2, other.Assignment.Count);
        Assert.Equal(2, read.Select(each => each.Record.TopicPartitionOffset).Distinct().Count());

        hanging.SetResult();
        _machine.Scheduler.RunUntilIdle();
        Assert.True(told);
        Append(topic, records: 1);
        _machine.Scheduler.RunUntilIdle();
        Assert.Equal(4, read.Select(each => each.Record.TopicPartitionOffset).Distinct().Count());
        _machine.Run(stuck.DisposeAsync());
        _machine.Run(other.DisposeAsync());
        _machine.Scheduler.RunUntilIdle();
        Assert.True(first.IsCompletedSuccessfully && second.IsCompletedSuccessfully);
    }

    public void Dispose()
    {
        _machine.Run(_log.DisposeAsync());
        _machine.Dispose();
    }

    private static void Append(Topic topic, int records)
    {
        for (int i = 0; i < records; i++)
        {
            foreach (OwnedPartition partition in topic.Partitions)
            {
                partition.Append(new RawRecord("value"u8));
            }
        }
    }

    /// <summary>Reads and commits until the consumer is disposed.</summary>
    private static async Task ReadAsync(
        Consumer<string, string> consumer, int number, List<(int Member, Record<string, string> Record)> read)
    {
        try
        {
            await foreach (Record<string, string> record in consumer.ReadAllAsync())
            {
                read.Add((number, record));
                await consumer.CommitAsync(record);
            }
        }
        catch (ObjectDisposedException)
        {
            // It has left.
        }
    }

    private Topic Create(int partitions) =>
        _machine.Run(_log.CreateTopicAsync("orders", new TopicOptions { Partitions = partitions }));
}
