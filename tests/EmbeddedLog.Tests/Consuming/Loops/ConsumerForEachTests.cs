using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming.Loops;

/// <summary>Records that go to handlers: order, parallelism, back-pressure, retries, and the end.</summary>
public sealed class ConsumerForEachTests : ForEachFixture
{
    // Over 400 lines: one fact for each thing that is promised, over one fixture.
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Fact]
    public void ForEach_ByPartition_HandlesOneRecordAfterTheOther()
    {
        Append(0, "a", "b");
        Append(1, "c");
        using Consumer<string?, string> consumer = Consume();
        Hold("a", "b", "c");

        Task loop = Start(consumer);
        Assert.Equal(["c+", "a+"], Events.OrderDescending());
        Release("a");

        Assert.Equal(["a+", "a-", "b+"], Events.Where(line => line[0] != 'c'));
        Release("b", "c");
        Stop(loop);
    }

    [Fact]
    public void ForEach_ByKey_HandlesEqualKeysInOrderAndOthersBeside()
    {
        Append(0, "k1:a", "k1:b", "k2:c", ":d", ":e");
        using Consumer<string?, string> consumer = Consume();
        Hold("a", "b", "c", "d", "e");

        Task loop = Start(consumer, new ForEachOptions { OrderBy = ProcessingOrder.Key });
        Assert.Equal(["a+", "c+", "d+", "e+"], Events.Order());
        Release("c");
        Assert.DoesNotContain("b+", Events);
        Release("a");

        Assert.Contains("b+", Events);
        Release("b", "d", "e");
        Stop(loop);
    }

    [Fact]
    public void ForEach_ARecordEndsBeforeAnEarlierOne_IsFinishedWithThatOne()
    {
        Append(0, "k1:a", "k2:b", "k3:c");
        using Consumer<string?, string> consumer = Consume();
        Hold("a", "c");
        Task loop = Start(consumer, new ForEachOptions { OrderBy = ProcessingOrder.Key });

        Assert.Contains("b-", Events);
        Assert.Equal(0, consumer.Position(Partition(0)));
        Release("a");

        Assert.Equal(2, consumer.Position(Partition(0)));
        Release("c");
        Assert.Equal(3, consumer.Position(Partition(0)));
        Stop(loop);
    }

    [Theory]
    [InlineData(ProcessingOrder.Key)]
    [InlineData(ProcessingOrder.Partition)]
    public void ForEach_ManyRecords_RunsNoMoreThanItMay(ProcessingOrder order)
    {
        string[] values = [.. Enumerable.Range(0, 20).Select(i => $"k{i}:v{i}")];
        Append(0, values);
        Append(1, [.. values.Select(value => value.Replace("v", "w", StringComparison.Ordinal))]);
        using Consumer<string?, string> consumer = Consume();
        Hold([.. Enumerable.Range(0, 20).SelectMany(i => (string[])[$"v{i}", $"w{i}"])]);

        Task loop = Start(consumer, new ForEachOptions { OrderBy = order, MaxParallelism = 3 });

        Assert.Equal(order == ProcessingOrder.Key ? 3 : 2, Events.Count);
        Release([.. Held.Keys]);
        Assert.Equal(80, Events.Count);
        Stop(loop);
    }

    [Theory]
    [InlineData(4, 1_000_000, 4)]
    [InlineData(1_000, 5, 3)]
    public void ForEach_NothingEnds_TakesNoMoreThanItMay(int records, long bytes, int expected)
    {
        Append(0, "a", "b", "c", "d", "e", "f");
        using Consumer<string?, string> consumer = Consume();
        Hold("a");

        // Each of the records has two bytes, with its key.
        Task loop = Start(consumer, new ForEachOptions { MaxRecordsInHand = records, MaxBytesInHand = bytes });
        Assert.Equal(expected, consumer.RecordsInHand);
        Release("a");

        Assert.Equal(12, Events.Count);
        Stop(loop);
    }

    [Fact]
    public void ForEach_ARetryWaits_HoldsOnlyItsKeyAndNoPlace()
    {
        Append(0, "k1:a!", "k1:b", "k2:c");
        using Consumer<string?, string> consumer = Consume();
        Task loop = Start(consumer, new ForEachOptions
        {
            OrderBy = ProcessingOrder.Key,
            MaxParallelism = 1,
            Retry = new RetryOptions { MaxAttempts = 3, Delay = TimeSpan.FromSeconds(1), BackoffMultiplier = 3 },
        });
        Assert.Equal(["a!+", "c+", "c-"], Events);

        Advance(0.9);
        Assert.Equal(3, Events.Count);
        Advance(0.1);
        Assert.Equal(["a!+", "c+", "c-", "a!+"], Events);
        Advance(2.9);
        Assert.Equal(4, Events.Count);
        Advance(0.1);

        // The third attempt is the last one, and stops.
        Assert.Equal(["a!+", "c+", "c-", "a!+", "a!+"], Events);
        Assert.Equal("a!", Assert.Throws<InvalidOperationException>(loop.Ended).Message);
        Assert.Equal(0, consumer.Position(Partition(0)));
    }

    [Fact]
    public void ForEach_AHandlerFails_WaitsForThoseThatRunAndThrowsItsException()
    {
        Append(0, "a", "b!", "c");
        Append(1, "d", "e");
        using Consumer<string?, string> consumer = Consume();
        Hold("d");
        Task loop = Start(consumer);
        Assert.Contains("b!+", Events);
        Assert.False(loop.IsCompleted);

        Release("d");

        Assert.Equal("b!", Assert.Throws<InvalidOperationException>(loop.Ended).Message);
        Assert.DoesNotContain("c+", Events);
        Assert.DoesNotContain("e+", Events);
        Assert.Equal(1, consumer.Committed(Partition(0)));
        Assert.Equal(1, consumer.Committed(Partition(1)));
        Assert.Equal(["b!", "c", "e"], Machine.Run(consumer.TakeToEndAsync).Values().Order());
    }

    [Fact]
    public void ForEach_SkipsFailures_WarnsAndGoesOn()
    {
        Append(0, "a!", "b");
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, new ForEachOptions { OnFailure = FailureAction.Skip });

        Assert.Equal(["a!+", "b+", "b-"], Events);
        Assert.Equal(2, consumer.Position(Partition(0)));
        Assert.Contains(Lines.All, line => line.Contains(
            "Record orders-0@0 was skipped: attempt 1, the last one, failed.", StringComparison.Ordinal));
        Stop(loop);
    }

    [Fact]
    public void ForEach_AFailureHandler_DecidesOnEachRecord()
    {
        Append(0, "a!", "b", "c!", "d");
        using Consumer<string?, string> consumer = Consume();
        List<string> failed = [];

        Task loop = Start(consumer, new ForEachOptions
        {
            Retry = new RetryOptions { MaxAttempts = 2, Delay = TimeSpan.Zero },
            FailureHandler = (record, _) =>
            {
                failed.Add($"{record.At} {record.Attempts} {record.Error.Message}");
                return ValueTask.FromResult(record.At.Offset == 0 ? FailureAction.Skip : FailureAction.Stop);
            },
        });
        Advance(0.01);
        Advance(0.01);

        Assert.Equal(["orders-0@0 2 a!", "orders-0@2 2 c!"], failed);
        Assert.Equal("c!", Assert.Throws<InvalidOperationException>(loop.Ended).Message);
        Assert.Equal(2, consumer.Position(Partition(0)));
    }

    [Fact]
    public void ForEach_AFailureHandlerThrows_StopsWithBothExceptions()
    {
        Append(0, "a!");
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, new ForEachOptions { FailureHandler = (_, _) => throw new FormatException() });

        AggregateException both = Assert.Throws<AggregateException>(loop.Ended);
        Assert.IsType<InvalidOperationException>(both.InnerExceptions[0]);
        Assert.IsType<FormatException>(both.InnerExceptions[1]);
    }

    [Fact]
    public void ForEach_Cancelled_LetsWhatRunsEndAndGivesTheRestBack()
    {
        Append(0, "a", "b", "c");
        using Consumer<string?, string> consumer = Consume();
        Hold("b");
        CancellationToken seen = default;
        Task loop = Start(consumer, handler: async (record, token) =>
        {
            seen = token;
            await HandleAsync(record, token);
        });

        StopSource.Cancel();
        Machine.Scheduler.RunUntilIdle();
        Assert.False(loop.IsCompleted);
        Assert.False(seen.IsCancellationRequested);
        Release("b");

        Assert.Equal(StopSource.Token, Assert.ThrowsAny<OperationCanceledException>(loop.Ended).CancellationToken);
        Assert.DoesNotContain("c+", Events);
        Assert.Equal(2, consumer.Committed(Partition(0)));
        Assert.Equal(["c"], Machine.Run(consumer.TakeToEndAsync).Values());
    }

    [Fact]
    public void ForEach_AHandlerDoesNotEnd_IsCancelledAndLeftAfterTheTimeout()
    {
        Append(0, "a", "b");
        using Consumer<string?, string> consumer = Consume();
        Hold("b");
        CancellationToken seen = default;
        Task loop = Start(consumer, handler: async (record, token) =>
        {
            seen = token;
            await HandleAsync(record, token);
        });
        StopSource.Cancel();
        Machine.Scheduler.RunUntilIdle();
        Advance(29);
        Assert.False(loop.IsCompleted);
        Advance(1);

        Assert.ThrowsAny<OperationCanceledException>(loop.Ended);
        Assert.True(seen.IsCancellationRequested);
        Assert.Equal(1, consumer.Committed(Partition(0)));

        // Its end finishes nothing any more.
        Release("b");
        Assert.Equal(1, consumer.Position(Partition(0)));
        Assert.Equal(["b"], Machine.Run(consumer.TakeToEndAsync).Values());
    }

    [Fact]
    public void ForEach_AHandlerHearsOfTheStopItself_IsNoFailure()
    {
        Append(0, "a");
        using Consumer<string?, string> consumer = Consume();
        TaskCompletionSource never = new();
        Task loop = Start(
            consumer,
            new ForEachOptions { OnFailure = FailureAction.Skip },
            async (_, _) => await never.Task.WaitAsync(StopSource.Token));

        Stop(loop);

        Assert.Equal(0, consumer.Position(Partition(0)));
    }

    [Fact]
    public void ForEach_FinishedRecords_AreCommittedByInterval()
    {
        Append(0, "a", "b");
        using Consumer<string?, string> consumer = Consume();
        Hold("b");
        Task loop = Start(consumer, new ForEachOptions { CommitInterval = TimeSpan.FromSeconds(3) });
        Assert.Null(consumer.Committed(Partition(0)));
        Advance(3);
        Assert.Equal(1, consumer.Committed(Partition(0)));
        Release("b");
        Advance(3);
        Assert.Equal(2, consumer.Committed(Partition(0)));
        Stop(loop);

        // Afterwards the consumer's own options hold again.
        Append(0, "c");
        consumer.Finish(Machine.Run(() => consumer.TakeAsync(1))[0]);
        Advance(10);
        Assert.Equal(2, consumer.Committed(Partition(0)));
    }

    [Fact]
    public void ForEach_WithoutAGroup_ReadsAndCommitsNothing()
    {
        Append(0, "a");
        using Consumer<string?, string> consumer = Log.CreateConsumer<string?, string>("orders");

        Task loop = Start(consumer);
        Advance(5);

        Assert.Equal(["a+", "a-"], Events);
        Stop(loop);
    }

    [Fact]
    public void ForEach_IsARead_ExcludesOthers()
    {
        using Consumer<string?, string> consumer = Consume();
        Task loop = Start(consumer);

        Assert.Throws<InvalidOperationException>(Start(consumer).Ended);
        Assert.Throws<InvalidOperationException>(() => Machine.Run(consumer.TakeToEndAsync));
        Stop(loop);
        Append(0, "a");
        Assert.Equal(["a"], Machine.Run(consumer.TakeToEndAsync).Values());
    }

    [Fact]
    public void ForEach_WaitsAtTheEnd_HandlesWhatIsAppended()
    {
        using Consumer<string?, string> consumer = Consume();
        Task loop = Start(consumer);
        Append(1, "a");
        Machine.Scheduler.RunUntilIdle();

        Assert.Equal(["a+", "a-"], Events);
        Stop(loop);
    }

    [Fact]
    public void ForEach_TheConsumerIsDisposed_CancelsTheHandlersAndThrows()
    {
        Append(0, "a", "b");
        Consumer<string?, string> consumer = Consume();
        Task loop = Start(consumer, handler: async (record, token) =>
        {
            await HandleAsync(record, token);
            if (record.Value == "b")
            {
                await new TaskCompletionSource().Task.WaitAsync(token);
            }
        });

        Machine.Run(consumer.DisposeAsync());
        Machine.Scheduler.RunUntilIdle();

        Assert.Throws<ObjectDisposedException>(loop.Ended);
        using Consumer<string?, string> next = Consume();
        Assert.Equal(["b"], Machine.Run(next.TakeToEndAsync).Values());
    }

    [Fact]
    public void ForEach_AHandlerDisposesTheConsumer_Ends()
    {
        Append(0, "a", "b");
        Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, handler: async (_, _) => await consumer.DisposeAsync());

        Assert.Throws<ObjectDisposedException>(loop.Ended);
    }

    [Fact]
    public void ForEach_AHandlerSeeks_HandlesFromThereAndDropsWhatHasNotBegun()
    {
        Append(0, "a", "b", "c");
        using Consumer<string?, string> consumer = Consume();
        bool isDone = false;

        Task loop = Start(consumer, handler: async (record, token) =>
        {
            await HandleAsync(record, token);
            if (record.Value == "b" && !isDone)
            {
                isDone = true;
                consumer.Seek(new TopicPartitionOffset("orders", 0, 0));
            }
        });

        Assert.Equal(["a+", "a-", "b+", "b-", "a+", "a-", "b+", "b-", "c+", "c-"], Events);
        Assert.Equal(3, consumer.Position(Partition(0)));
        Stop(loop);
    }

    [Fact]
    public void ForEach_ASeekWhileNothingFits_IsFollowedAtOnce()
    {
        Append(0, "a!", "b", "c");
        using Consumer<string?, string> consumer = Consume();
        Task loop = Start(consumer, new ForEachOptions
        {
            MaxRecordsInHand = 2,
            Retry = new RetryOptions { MaxAttempts = 2, Delay = s_hour, MaxDelay = s_hour },
        });

        consumer.Seek(new TopicPartitionOffset("orders", 0, 2));
        Machine.Scheduler.RunUntilIdle();

        Assert.Equal(["a!+", "c+", "c-"], Events);
        Stop(loop);
    }

    [Fact]
    public void ForEach_AHandlerCommitsItsRecord_FinishesAndCommitsIt()
    {
        Append(0, "a", "b");
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, handler: (record, token) => consumer.CommitAsync(record, token));

        Assert.Equal(2, consumer.Committed(Partition(0)));
        Assert.Equal(2, consumer.Position(Partition(0)));
        Stop(loop);
    }

    [Fact]
    public void ForEach_ARecordCannotBeRead_EndsWithThatAndCanBeSkipped()
    {
        Topic[0].Append(new RawRecord("k"u8, "1"u8));
        Topic[0].Append(new RawRecord("k"u8, "x"u8));
        Topic[0].Append(new RawRecord("k"u8, "3"u8));
        using Consumer<string, int> consumer = Log.CreateConsumer<string, int>(
            "orders", "g", values: new NumberDeserializer());
        List<int> seen = [];
        Func<Record<string, int>, CancellationToken, ValueTask> handler = (record, _) =>
        {
            seen.Add(record.Value);
            return ValueTask.CompletedTask;
        };

        Task loop = consumer.ForEachAsync(handler, cancellationToken: StopSource.Token);
        Machine.Scheduler.RunUntilIdle();
        RecordDeserializationException failure = Assert.Throws<RecordDeserializationException>(loop.Ended);
        Assert.Equal([1], seen);
        consumer.Skip(failure);
        loop = consumer.ForEachAsync(handler, cancellationToken: StopSource.Token);
        Machine.Scheduler.RunUntilIdle();

        Assert.Equal([1, 3], seen);
        Stop(loop);
    }

    [Fact]
    public void ForEach_UnfinishedRecordsOfAnEarlierRead_AreHandled()
    {
        Append(0, "a", "b");
        using Consumer<string?, string> consumer = Consume();
        Assert.Equal(["a", "b"], Machine.Run(() => consumer.TakeAsync(2)).Values());

        Task loop = Start(consumer);

        Assert.Equal(["b+", "b-"], Events);
        Stop(loop);
    }

    [Fact]
    public void ForEach_Handlers_BeginInTheCallersContext()
    {
        Append(0, "a", "b");
        using Consumer<string?, string> consumer = Consume();
        AsyncLocal<string> local = new() { Value = "caller" };
        List<string?> seen = [];

        Task loop = Start(consumer, handler: (_, _) =>
        {
            seen.Add(local.Value);
            local.Value = "handler";
            return ValueTask.CompletedTask;
        });

        Assert.Equal(["caller", "caller"], seen);
        Assert.Equal("caller", local.Value);
        Stop(loop);
    }

    [Fact]
    public void ForEach_Arguments_AreCheckedAtOnce()
    {
        using Consumer<string?, string> consumer = Consume();

        Assert.Throws<ArgumentNullException>("handler", () => { _ = consumer.ForEachAsync(null!); });
        Assert.Throws<ArgumentException>(
            "options",
            () => { _ = consumer.ForEachAsync(HandleAsync, new ForEachOptions { MaxParallelism = 0 }); });
    }
}
