using System.Text.RegularExpressions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>Consumers that share the partitions of a topic.</summary>
public sealed class ConsumerGroupTests : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(5);

    private readonly SimulatedPlatform _machine = new(seed: 1);
    private readonly List<string> _told = [];
    private readonly LogLines _lines = new();
    private readonly CommitLog _log;
    private readonly Topic _topic;

    public ConsumerGroupTests()
    {
        _log = _machine.Run(OpenLog.OnAsync(_machine, new CommitLogOptions { LoggerFactory = _lines }));
        _topic = _machine.Run(_log.CreateTopicAsync("orders", new TopicOptions { Partitions = 4 }));
    }

    [Fact]
    public void CreateConsumer_OfAGroup_JoinsWithItsFirstUse() => _machine.Run(async () =>
    {
        await using Consumer<string, string> idle = Consume("idle");
        await using Consumer<string, string> reader = Consume("reader");

        Assert.Empty(await reader.TakeToEndAsync());
        Assert.Equal(4, reader.Assignment.Count);
        Assert.Equal(["reader"], (await _log.DescribeGroupAsync("g")).Members.Select(member => member.ClientName));
        Assert.Empty(idle.Assignment);
        await reader.TakeToEndAsync();
        await idle.TakeToEndAsync();
        Assert.Equal(2, idle.Assignment.Count);
    });

    [Fact]
    public void Read_PartitionsAreOnTheirWay_FinishesAndCommitsBeforeItLetsGo() => _machine.Run(async () =>
    {
        Append(records: 2);
        await using Consumer<string, string> first = Consume("first", options => options.CommitInterval = s_interval);
        IAsyncEnumerator<Record<string, string>> reading = first.ReadAllAsync().GetAsyncEnumerator();
        Assert.True(await reading.MoveNextAsync());
        Assert.True(await reading.MoveNextAsync());
        await using Consumer<string, string> second = Consume("second");
        Assert.Empty(second.Assignment);
        Assert.Equal(4, first.Assignment.Count);

        Assert.True(await reading.MoveNextAsync());
        await reading.DisposeAsync();

        Assert.Equal(
            ["first has orders-0 orders-1 orders-2 orders-3", "first gives orders-2 orders-3"], _told);
        Assert.Equal(["orders-2@0", "orders-2@1", "orders-3@0", "orders-3@1"], Places(await second.TakeToEndAsync()));
        Assert.Equal(2, first.Committed(new TopicPartition("orders", 0)));
    });

    [Fact]
    public void Read_OfAMemberWhosePartitionsStay_GoesOnWithoutAPause() => _machine.Run(async () =>
    {
        Append(records: 3);
        await using Consumer<string, string> first = Consume("first");
        await using Consumer<string, string> second = Consume("second");
        await first.TakeToEndAsync();
        Assert.Empty(second.Assignment);
        await first.TakeToEndAsync();
        await second.TakeToEndAsync();
        _told.Clear();

        await using Consumer<string, string> byHand = _log.CreateConsumer<string, string>(
            Subscription.Partitions(first.Assignment[0]), "g");
        await first.TakeToEndAsync();
        await second.TakeToEndAsync();

        Assert.Contains(_told, line => line.StartsWith("first gives", StringComparison.Ordinal));
        Assert.DoesNotContain(_told, line => line.StartsWith("second", StringComparison.Ordinal));
    });

    [Fact]
    public void Commit_OfAMemberThatWasPutOut_SaysWhoHasItAndChangesNothing()
    {
        Append(records: 2);
        using Consumer<string, string> stuck = Consume("stuck");
        List<Record<string, string>> read = _machine.Run(() => stuck.TakeAsync(1));
        using Consumer<string, string> second = Consume("second");
        Assert.Empty(second.Assignment);

        // It reads now and then, so that only the other one is late.
        for (int i = 0; i < 10; i++)
        {
            _machine.Time.Advance(s_interval / 5);
            _machine.Scheduler.RunUntilIdle();
            _machine.Run(second.TakeToEndAsync);
        }

        Assert.Equal(4, second.Assignment.Count);
        PartitionLostException lost = Assert.Throws<PartitionLostException>(
            () => { _ = stuck.CommitAsync(read[0]); });
        Assert.Equal(
            "Consumer 'stuck' (member 1) of group 'g' no longer has partition orders-0 under which it read "
            + "(assignment 1). It belongs to 'second' (member 2) now. Nothing was committed there: what this consumer "
            + "had not committed is handed out again by the owner. Read on with what is assigned.",
            lost.Message);
        Assert.Equal(("orders", 0, "g", "second"), (lost.Topic, lost.Partition, lost.Group, lost.Owner));
        Assert.Throws<PartitionLostException>(
            () => { _ = stuck.CommitAsync(NextOffset.After(read[0].TopicPartitionOffset)); });
        Assert.Null(second.Committed(new TopicPartition("orders", 0)));
        Assert.Contains(
            "Member stuck (1) of group g has not asked for a record for 5 min: its 4 partitions go to other members.",
            string.Join('\n', _lines.All),
            StringComparison.Ordinal);

        // It joins again with its next read, is told, and gets its share.
        _machine.Run(stuck.TakeToEndAsync);
        Assert.Contains("stuck lost orders-0 orders-1 orders-2 orders-3", _told);
        _machine.Run(second.TakeToEndAsync);
        _machine.Run(stuck.TakeToEndAsync);
        Assert.Equal(2, stuck.Assignment.Count);
    }

    [Fact]
    public void Read_AloneForLongerThanTheInterval_KeepsItsPartitions()
    {
        using Consumer<string, string> alone = Consume("alone");
        List<Record<string, string>> none = _machine.Run(alone.TakeToEndAsync);
        _machine.Time.Advance(10 * s_interval);
        _machine.Scheduler.RunUntilIdle();

        Assert.Empty(none);
        Assert.Equal(4, alone.Assignment.Count);
        Assert.DoesNotContain(_told, line => line.Contains("lost", StringComparison.Ordinal));
    }

    [Fact]
    public void WaitingReader_OfAMember_LetsGoAtOnceAndTakesWhatIsLeft() => _machine.Run(async () =>
    {
        await using Consumer<string, string> first = Consume("first");
        Task<List<Record<string, string>>> waiting = first.TakeAsync(3);
        await using Consumer<string, string> second = Consume("second");
        Assert.Empty(second.Assignment);
        await PauseAsync();
        Assert.Empty(await second.TakeToEndAsync());
        Assert.Equal(2, second.Assignment.Count);

        await second.DisposeAsync();
        await PauseAsync();
        Append(records: 1);

        Assert.Equal(3, (await waiting).Count);
        Assert.Equal(4, first.Assignment.Count);
        Assert.Contains(_told, line => line.StartsWith("second gives", StringComparison.Ordinal));
    });

    /// <summary>With the system's clock, whose timers the log guards.</summary>
    [Fact]
    public async Task Members_OfALogOnTheRealSystem_ShareItsPartitions()
    {
        using TempDirectory directory = new();
        await using CommitLog log = await CommitLog.OpenAsync(directory.Path);
        await log.CreateTopicAsync("orders", new TopicOptions { Partitions = 4 });
        await using Consumer<string, string> first = log.CreateConsumer<string, string>("orders", "g");
        await using Consumer<string, string> second = log.CreateConsumer<string, string>("orders", "g");
        Assert.Equal(4, first.Assignment.Count);
        Assert.Empty(second.Assignment);
        await first.TakeToEndAsync();
        await second.TakeToEndAsync();

        Assert.Equal(2, first.Assignment.Count);
        Assert.Equal(2, second.Assignment.Count);
    }

    [Theory]
    [InlineData("has")]
    [InlineData("gives")]
    public void Callback_Throws_TheReadThrowsAndTheGroupGoesOn(string when) => _machine.Run(async () =>
    {
        Append(records: 1);
        bool throws = true;
        Consumer<string, string> first = Consume("first", options =>
        {
            Func<IConsumer, IReadOnlyList<TopicPartition>, CancellationToken, ValueTask> thrower =
                (_, _, _) => throws ? throw new InvalidOperationException("mine") : ValueTask.CompletedTask;
            options.OnAssigned = when == "has" ? thrower : null;
            options.OnRevoked = when == "gives" ? thrower : null;
        });
        await using Consumer<string, string> second = Consume("second");
        if (when == "gives")
        {
            Assert.Equal(4, (await first.TakeToEndAsync()).Count);
            Assert.Empty(second.Assignment);
        }

        Assert.Equal(
            "mine", (await Assert.ThrowsAsync<InvalidOperationException>(first.TakeToEndAsync)).Message);
        throws = false;
        Assert.Equal(when == "has" ? 4 : 0, (await first.TakeToEndAsync()).Count);
        Assert.Equal(when == "has" ? 0 : 2, (await second.TakeToEndAsync()).Count);
        await first.DisposeAsync();
    });

    [Fact]
    public void Callback_SeeksAndCommits_BeforeTheFirstRecord() => _machine.Run(async () =>
    {
        Append(records: 3);
        await using Consumer<string, string> consumer = Consume("one", options =>
            options.OnAssigned = async (self, partitions, token) =>
            {
                foreach (TopicPartition partition in partitions)
                {
                    self.Seek(new TopicPartitionOffset(partition.Topic, partition.Partition, 2));
                    await self.CommitAsync(new NextOffset(partition, 1), cancellationToken: token);
                }
            });

        Assert.Equal(["orders-0@2", "orders-1@2", "orders-2@2", "orders-3@2"], Places(await consumer.TakeToEndAsync()));
        Assert.Equal(1, consumer.Committed(new TopicPartition("orders", 3)));
    });

    [Fact]
    public void Callback_DisposesItsConsumer_EndsTheRead() => _machine.Run(async () =>
    {
        Consumer<string, string>? consumer = null;
        consumer = Consume("one", options => options.OnAssigned = (_, _, _) => consumer!.DisposeAsync());

        await Assert.ThrowsAsync<ObjectDisposedException>(consumer.TakeToEndAsync);
        await using Consumer<string, string> next = Consume("next");
        Assert.Equal(4, next.Assignment.Count);
    });

    [Fact]
    public void Dispose_OfAMember_TellsWhatItGivesUpWhileThatCanBeCommitted() => _machine.Run(async () =>
    {
        Append(records: 1);
        Consumer<string, string> consumer = Consume(
            "one",
            options => options.OnRevoked = async (self, partitions, token) =>
            {
                Assert.Equal(4, partitions.Count);
                await self.CommitFinishedAsync(token);
            });
        await consumer.TakeToEndAsync();
        await consumer.DisposeAsync();

        await using Consumer<string, string> next = Consume("next");
        Assert.Equal(1, next.Committed(new TopicPartition("orders", 2)));
    });

    [Fact]
    public void Seek_OfAPartitionOfAnotherMember_SaysWhoHasIt() => _machine.Run(async () =>
    {
        await using Consumer<string, string> first = Consume("first");
        await first.TakeToEndAsync();
        await using Consumer<string, string> second = Consume("second");

        Assert.StartsWith(
            "Partition orders-1 is not assigned to this consumer of group 'g' now: it belongs to 'first' (member 1). "
            + "Use those of Assignment, or wait for ConsumerOptions.OnAssigned.",
            Assert.Throws<ArgumentOutOfRangeException>(
                () => second.Seek(new TopicPartitionOffset("orders", 1, 0))).Message,
            StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("g")]
    [InlineData(null)]
    public void Read_PartitionsAreAddedToTheTopic_AreReadToo(string? group) => _machine.Run(async () =>
    {
        await using Consumer<string, string> consumer = _log.CreateConsumer<string, string>("orders", group);
        Task<List<Record<string, string>>> waiting = consumer.TakeAsync(1);
        await _log.AddPartitionsAsync("orders", 6);
        _topic[5].Append(new RawRecord("value"u8));

        Assert.Equal(["orders-5@0"], Places(await waiting));
        Assert.Equal(6, consumer.Assignment.Count);
    });

    [Fact]
    public void Partitions_OfATopicThatIsMadeAgainWithFewer_AreReadWhereTheyAre() => _machine.Run(async () =>
    {
        await using Consumer<string, string> consumer = _log.CreateConsumer<string, string>(
            Subscription.Partitions(new("orders", 0), new("orders", 3)), "g");
        await _log.DeleteTopicAsync("orders");
        Topic again = await _log.CreateTopicAsync("orders", new TopicOptions { Partitions = 2 });
        again[0].Append(new RawRecord("value"u8));
        again[1].Append(new RawRecord("value"u8));

        await Assert.ThrowsAsync<UnknownTopicException>(consumer.TakeToEndAsync);
        Assert.Equal(["orders-0@0"], Places(await consumer.TakeToEndAsync()));
    });

    [Fact]
    public void Commit_OfALateMemberThatNobodyCanReplace_Stands() => _machine.Run(async () =>
    {
        Append(records: 1);
        await using Consumer<string, string> busy = Consume("busy");
        List<Record<string, string>> read = await busy.TakeAsync(1);
        await using Consumer<string, string> byHand = _log.CreateConsumer<string, string>(
            Subscription.Partitions(new TopicPartition("orders", 3)), "g");
        await busy.TakeAsync(1);
        for (int i = 0; i < 20; i++)
        {
            _machine.Time.Advance(s_interval / 5);
            await PauseAsync();
        }

        await busy.CommitAsync(read[0]);
        Assert.Equal(3, busy.Assignment.Count);
    });

    [Fact]
    public void Matching_ATopicThatIsCreatedLater_ReadsItToo() => _machine.Run(async () =>
    {
        await using Consumer<string, string> consumer = _log.CreateConsumer<string, string>(
            Subscription.Matching(new Regex("^ord")), "g");
        Append(records: 1);
        Assert.Equal(4, (await consumer.TakeToEndAsync()).Count);
        Task<List<Record<string, string>>> waiting = consumer.TakeAsync(1);
        Topic later = await _log.CreateTopicAsync("ordinals");
        await _log.CreateTopicAsync("others");
        later[0].Append(new RawRecord("value"u8));

        Assert.Equal(["ordinals-0@0"], Places(await waiting));
        await _log.DeleteTopicAsync("ordinals");
        Assert.Empty(await consumer.TakeToEndAsync());
        Assert.Equal(4, consumer.Assignment.Count);
    });

    public void Dispose()
    {
        _machine.Run(_log.DisposeAsync());
        _machine.Dispose();
        _lines.Dispose();
    }

    private static IEnumerable<string> Places(List<Record<string, string>> records) =>
        records.Select(record => record.TopicPartitionOffset.ToString());

    private void Append(int records)
    {
        for (int i = 0; i < records; i++)
        {
            foreach (OwnedPartition partition in _topic.Partitions)
            {
                partition.Append(new RawRecord("value"u8));
            }
        }
    }

    /// <summary>Lets everybody do what they can.</summary>
    private async Task PauseAsync()
    {
        for (int i = 0; i < 10; i++)
        {
            TaskCompletionSource turn = new();
            _machine.Scheduler.Queue(new Turn(turn));
            await turn.Task;
        }
    }

    private Consumer<string, string> Consume(string name, Action<ConsumerOptions>? configure = null)
    {
        ConsumerOptions options = new()
        {
            ClientName = name,
            OnAssigned = (_, partitions, _) => Tell($"{name} has", partitions),
            OnRevoked = (_, partitions, _) => Tell($"{name} gives", partitions),
            OnLost = (_, partitions, _) => Tell($"{name} lost", partitions),
        };
        configure?.Invoke(options);
        return _log.CreateConsumer<string, string>("orders", "g", options);
    }

    private ValueTask Tell(string what, IReadOnlyList<TopicPartition> partitions)
    {
        _told.Add($"{what} {string.Join(' ', partitions)}");
        return ValueTask.CompletedTask;
    }

    private sealed class Turn(TaskCompletionSource turn) : IThreadPoolWorkItem
    {
        public void Execute() => turn.SetResult();
    }
}
