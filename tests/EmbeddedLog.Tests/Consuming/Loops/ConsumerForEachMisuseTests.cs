using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming.Loops;

/// <summary>Handlers that hang, ignore their token, and use the consumer that calls them.</summary>
public sealed class ConsumerForEachMisuseTests : ForEachFixture
{
    [Fact]
    public void ForEach_ManyRecords_ReturnsBeforeTheyAreRead()
    {
        Topic[0].Append(new RawRecord("k"u8, "1"u8));
        NumberDeserializer values = new();
        using Consumer<string, int> consumer = Log.CreateConsumer<string, int>("orders", "g", values: values);
        SynchronizationContext.SetSynchronizationContext(null);

        Task loop = consumer.ForEachAsync((_, _) => ValueTask.CompletedTask, cancellationToken: StopSource.Token);

        Assert.Equal(0, values.Calls);
        Machine.Scheduler.RunUntilIdle();
        Assert.Equal(1, values.Calls);
        Stop(loop);
    }

    [Fact]
    public void Handler_ThatReadsItsOwnConsumer_IsRefused()
    {
        Append(0, "a", "b", "c");
        using Consumer<string?, string> consumer = Consume();
        List<string> refused = [];

        Task loop = Start(consumer, handler: async (record, token) =>
        {
            Task read = record.Value switch
            {
                "a" => consumer.ForEachAsync(HandleAsync, cancellationToken: token),
                "b" => consumer.TakeAsync(1, token),
                _ => consumer.TakeToEndAsync(),
            };
            refused.Add((await Assert.ThrowsAsync<InvalidOperationException>(() => read)).Message);
        });

        Assert.Equal(3, refused.Count);
        Assert.All(refused, message => Assert.StartsWith(
            "The consumer is being read already", message, StringComparison.Ordinal));
        Assert.Equal(3, consumer.Position(Partition(0)));
        Stop(loop);
    }

    [Fact]
    public void Handler_ThatReadsItsOwnConsumerAndLetsItThrow_StopsTheLoop()
    {
        Append(0, "a");
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(
            consumer, handler: async (_, token) => await consumer.ForEachAsync(HandleAsync, null, token));

        Assert.StartsWith(
            "The consumer is being read already",
            Assert.Throws<InvalidOperationException>(loop.Ended).Message,
            StringComparison.Ordinal);
        Assert.Equal(["a"], Machine.Run(consumer.TakeToEndAsync).Values());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Handler_ThatDisposesItsConsumer_EndsTheLoopAndFinishesNothing(bool blocks)
    {
        Append(0, "a", "b");
        Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, handler: async (_, _) =>
        {
            if (blocks)
            {
                consumer.Dispose();
            }
            else
            {
                await consumer.DisposeAsync();
            }
        });

        Assert.Throws<ObjectDisposedException>(loop.Ended);
        using Consumer<string?, string> next = Consume();
        Assert.Equal(["a", "b"], Machine.Run(next.TakeToEndAsync).Values());
    }

    [Fact]
    public void Handler_ThatDisposesTheLog_EndsTheLoop()
    {
        Append(0, "a", "b");
        Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, handler: async (_, _) => await Log.DisposeAsync());

        Assert.Throws<ObjectDisposedException>(loop.Ended);
    }

    [Fact]
    public void Handler_ThatCommitsBeyondItself_HasThatCommitKept()
    {
        Append(0, "a", "b", "c");
        using Consumer<string?, string> consumer = Consume();
        Hold("b");

        Task loop = Start(consumer, handler: async (record, token) =>
        {
            if (record.Value == "a")
            {
                await consumer.CommitAsync(new NextOffset(Partition(0), 3), cancellationToken: token);
            }

            await HandleAsync(record, token);
        });

        // What is in hand is handled all the same.
        Assert.Equal(["a+", "a-", "b+"], Events);
        Assert.Equal(3, consumer.Position(Partition(0)));
        Release("b");
        Assert.Equal(["a+", "a-", "b+", "b-", "c+", "c-"], Events);
        Stop(loop);
        Assert.Equal(3, consumer.Committed(Partition(0)));
    }

    [Fact]
    public void Handler_ThatCommitsBeforeItself_ReadsOn()
    {
        Append(0, "a", "b");
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(
            consumer,
            handler: (_, token) => consumer.CommitAsync(new NextOffset(Partition(0), 0), cancellationToken: token));

        Assert.Equal(2, consumer.Position(Partition(0)));
        Stop(loop);
        Assert.Equal(2, consumer.Committed(Partition(0)));
    }

    [Fact]
    public void Handler_ThatSeeksWhileOthersRun_HandlesItsKeyAgainWhenTheyHaveEnded()
    {
        Append(0, "k1:a", "k2:b", "k1:c");
        using Consumer<string?, string> consumer = Consume();
        Hold("a", "b");
        bool isDone = false;

        Task loop = Start(
            consumer,
            new ForEachOptions { OrderBy = ProcessingOrder.Key },
            async (record, token) =>
            {
                await HandleAsync(record, token);
                if (record.Value == "b" && !isDone)
                {
                    isDone = true;
                    consumer.Seek(new TopicPartitionOffset("orders", 0, 0));
                }
            });

        Assert.Equal(["a+", "b+"], Events.Order(StringComparer.Ordinal));
        Release("b");

        // The handler of the first record belongs to what the seek has left: its end finishes nothing.
        Assert.Equal(["b-", "b+", "b-"], Events.Skip(2));
        Assert.Equal(0, consumer.Position(Partition(0)));
        Release("a");
        Assert.Equal(["a-", "a+", "a-", "c+", "c-"], Events.Skip(5));
        Assert.Equal(3, consumer.Position(Partition(0)));
        Stop(loop);
    }

    [Fact]
    public void Handler_ThatPausesItsPartition_HasWhatIsInHandHandled()
    {
        Append(0, "a", "b", "c", "d");
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, new ForEachOptions { MaxRecordsInHand = 2 }, (record, token) =>
        {
            consumer.Pause(Partition(0));
            return HandleAsync(record, token);
        });

        Assert.Equal(["a+", "a-", "b+", "b-"], Events);
        consumer.Resume(Partition(0));
        Machine.Scheduler.RunUntilIdle();
        Assert.Equal(8, Events.Count);
        Stop(loop);
    }

    [Fact]
    public void Handler_ThatThrowsACancellationOfItsOwn_HasFailed()
    {
        Append(0, "a", "b");
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, handler: (_, _) => throw new OperationCanceledException("its own"));

        Assert.Equal("its own", Assert.ThrowsAny<OperationCanceledException>(loop.Ended).Message);
        Assert.Equal(0, consumer.Position(Partition(0)));
    }

    [Fact]
    public void Handler_ThatIgnoresItsToken_IsLeftBehindAndKeepsNobodyWaiting()
    {
        Append(0, "a", "b");
        Consumer<string?, string> consumer = Consume();
        Hold("a");
        Task loop = Start(consumer, new ForEachOptions { DrainTimeout = TimeSpan.FromSeconds(5) });

        Machine.Run(consumer.DisposeAsync());
        Machine.Scheduler.RunUntilIdle();
        Assert.False(loop.IsCompleted);
        Advance(5);

        Assert.Throws<ObjectDisposedException>(loop.Ended);
        using Consumer<string?, string> next = Consume();
        Held.Remove("a", out TaskCompletionSource? hanging);
        Assert.Equal(["a", "b"], Machine.Run(next.TakeToEndAsync).Values());
        hanging!.SetResult();
        Machine.Scheduler.RunUntilIdle();
        Assert.Null(next.Committed(Partition(0)));
    }

    [Fact]
    public void Handler_ThatReturnsWhenItIsCancelled_HasNotDoneItsWork()
    {
        Append(0, "a", "b", "c");
        using Consumer<string?, string> consumer = Consume();
        Task loop = Start(consumer, handler: async (record, token) =>
        {
            await HandleAsync(record, token);
            await new TaskCompletionSource().Task.WaitAsync(token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        StopSource.Cancel();
        Machine.Scheduler.RunUntilIdle();
        Advance(30);

        Assert.ThrowsAny<OperationCanceledException>(loop.Ended);
        Assert.Equal(["a+", "a-"], Events);
        Assert.Equal(0, consumer.Position(Partition(0)));
        Assert.Equal(["a", "b", "c"], Machine.Run(consumer.TakeToEndAsync).Values());
    }

    [Fact]
    public void FailureHandler_ThatHangs_IsCancelledAndLeftAfterTheTimeout()
    {
        Append(0, "a!", "b");
        using Consumer<string?, string> consumer = Consume();
        CancellationToken seen = default;
        Task loop = Start(consumer, new ForEachOptions
        {
            FailureHandler = async (_, token) =>
            {
                seen = token;
                await new TaskCompletionSource().Task;
                return FailureAction.Skip;
            },
        });
        Assert.DoesNotContain("b+", Events);
        StopSource.Cancel();
        Machine.Scheduler.RunUntilIdle();
        Assert.False(loop.IsCompleted);
        Advance(30);

        Assert.ThrowsAny<OperationCanceledException>(loop.Ended);
        Assert.True(seen.IsCancellationRequested);
        Assert.Equal(0, consumer.Position(Partition(0)));
    }

    [Fact]
    public void FailureHandler_ThatDisposesItsConsumer_EndsTheLoop()
    {
        Append(0, "a!", "b");
        Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, new ForEachOptions
        {
            FailureHandler = async (_, _) =>
            {
                await consumer.DisposeAsync();
                return FailureAction.Skip;
            },
        });

        Assert.Throws<ObjectDisposedException>(loop.Ended);
        using Consumer<string?, string> next = Consume();
        Assert.Equal(["a!", "b"], Machine.Run(next.TakeToEndAsync).Values());
    }

    [Fact]
    public void Log_DisposedWhileADeadLetterIsWritten_EndsTheLoopAndDropsNothing()
    {
        Append(0, "a!", "b");
        Consumer<string?, string> consumer = Consume();
        SynchronizationContext.SetSynchronizationContext(null);
        Task loop = consumer.ForEachAsync(
            HandleAsync,
            new ForEachOptions { OnFailure = FailureAction.DeadLetter, DeadLetterTopic = "dead" },
            StopSource.Token);
        for (int i = 0; i < 1_000 && Events.Count == 0; i++)
        {
            Machine.Scheduler.RunOne();
        }

        Machine.Run(Log.DisposeAsync(), TimeSpan.FromMinutes(1));
        Machine.Scheduler.RunUntilIdle();

        Assert.Throws<ObjectDisposedException>(loop.Ended);
        using CommitLog again = Machine.Run(OpenLog.OnAsync(Machine));
        using Consumer<string?, string> next = again.CreateConsumer<string?, string>("orders", "g");
        Assert.Equal(["a!", "b"], Machine.Run(next.TakeToEndAsync).Values());
    }
}
