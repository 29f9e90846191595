using Microsoft.Extensions.Time.Testing;

namespace EmbeddedLog.Testing.Tests;

public sealed class TestLogTests
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    public static TheoryData<bool> Both => [true, false];

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Log_SentAndRead_GivesTheRecords(bool simulated)
    {
        await using TestLog host = await OpenAsync(simulated);
        await SendAsync(host, 1, 2, 3);

        List<int> read = [];
        await using IConsumer<string, Order> consumer = host.Log.CreateConsumer<string, Order>("orders");
        await foreach (Record<string, Order> record in consumer.ReadToEndAsync())
        {
            read.Add(record.Value.Id);
        }

        Assert.Equal([1, 2, 3], read.Order());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task AdvanceAsync_BeyondTheRetention_HasDeletedRecords(bool simulated)
    {
        await using TestLog host = await OpenAsync(simulated);
        await SendAsync(host, 1);
        await host.AdvanceAsync(TimeSpan.FromDays(8));
        await SendAsync(host, 2);
        await host.AdvanceAsync(TimeSpan.FromDays(8));

        TopicDescription topic = await host.Log.DescribeTopicAsync("orders");

        Assert.Equal(2, topic.Partitions.Sum(partition => partition.EndOffset));
        Assert.InRange(topic.Partitions.Sum(partition => partition.StartOffset), 1, 2);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task CrashAsync_Kill_KeepsWhatIsWrittenAndRefusesTheOldLog(bool simulated)
    {
        await using TestLog host = await OpenAsync(simulated);
        ICommitLog old = host.Log;
        IProducer<string, Order> producer = old.CreateProducer<string, Order>("orders");
        Assert.True(producer.TryProduce(("key", new Order(1, "key"))));

        await host.CrashAsync(Crash.Kill);

        Assert.Equal(1, Assert.Single(await ReadAsync(host)));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await old.ListTopicsAsync());
        await host.CheckAsync(Law.NoLoss);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task StartAsync_AService_HandlesUntilTheLagIsZeroAndIsEndedByACrash(bool simulated)
    {
        await using TestLog host = await OpenAsync(simulated);
        EffectSink<Order> sink = host.CreateSink<Order>();
        _ = host.StartAsync(stop => ServeAsync(host, sink, stop), "billing-1");
        await SendAsync(host, 1, 2, 3, 4, 5);
        await host.WaitForLagAsync("billing", 0, s_hour);
        await host.CrashAsync(Crash.Kill);
        await SendAsync(host, 6);
        await host.AdvanceAsync(s_hour);

        Assert.Equal([1, 2, 3, 4, 5], sink.Values.Select(order => order.Id).Order());
        _ = host.StartAsync(stop => ServeAsync(host, sink, stop), "billing-2");
        await host.WaitForLagAsync("billing", 0, s_hour);

        Assert.Equal([1, 2, 3, 4, 5, 6], sink.Values.Select(order => order.Id).Order());
        await host.CheckAsync(
            hasEnded: true,
            Law.PerKeyOrder,
            Law.PerPartitionOrder,
            Law.AtLeastOnce,
            Law.AtMostOnce,
            Law.EffectivelyOnce((Order order) => order.Id),
            Law.NoLoss,
            Law.BoundedLag(5),
            Law.DeadLettersAccountForWhatIsMissing);
    }

    [Fact]
    public async Task CreateAsync_AClock_IsTheOneThatDrivesIt()
    {
        FakeTimeProvider time = new();
        DateTimeOffset start = time.GetUtcNow();
        await using TestLog host = await TestLog.CreateAsync(time);

        await host.AdvanceAsync(s_hour);

        Assert.Equal(start + s_hour, time.GetUtcNow());
        Assert.Same(time, host.Time);
    }

    [Fact]
    public async Task DisposeAsync_AfterCrashes_DeletesTheDirectory()
    {
        string directory;
        await using (TestLog host = await OpenAsync(simulated: false))
        {
            directory = host.Directory;
            await SendAsync(host, 1);
            await host.CrashAsync(Crash.Kill);
            Assert.True(Directory.Exists(directory));
        }

        Assert.True(OperatingSystem.IsWindows() || !Directory.Exists(directory));
    }

    [Fact]
    public async Task CrashAsync_PowerLossOfARealDisk_SaysWhatToUse()
    {
        await using TestLog host = await OpenAsync(simulated: false);

        NotSupportedException refused = await Assert.ThrowsAsync<NotSupportedException>(
            async () => await host.CrashAsync(Crash.PowerLoss(1)));

        Assert.Contains("TestLog.Simulated", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CrashAsync_PowerLossWithASeed_LeavesTheSameEachTime()
    {
        List<string> histories = [];
        for (int i = 0; i < 3; i++)
        {
            await using TestLog host = await OpenAsync(simulated: true);
            await SendAsync(host, 1, 2);
            IProducer<string, Order> producer = host.Log.CreateProducer<string, Order>("orders");
            for (int id = 3; id < 40; id++)
            {
                producer.TryProduce(($"key-{id}", new Order(id, "late")));
            }

            await host.CrashAsync(Crash.PowerLoss(17));
            await ReadAsync(host);
            await host.CheckAsync(Law.NoLoss);
            histories.Add(host.History.ToString());
        }

        Assert.Single(histories.Distinct());
    }

    [Fact]
    public async Task WaitForLagAsync_NobodyReads_SaysSoAtOnce()
    {
        await using TestLog host = await OpenAsync(simulated: true);

        SimulationException stuck = await Assert.ThrowsAsync<SimulationException>(
            async () => await host.WaitForLagAsync("billing", 0));

        Assert.Contains("There is no group 'billing'", stuck.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_ABodyWithTimeAndCrashes_RunsOnThisThreadAsTheSeedSays()
    {
        Assert.Equal(await RunAsync(1), await RunAsync(1));
        Assert.NotEqual(
            await RunAsync(1), string.Join('\n', await RunAsync(2), await RunAsync(3), await RunAsync(4)));

        static async Task<string> RunAsync(int seed)
        {
            await using TestLog host = TestLog.Simulated(seed);
            int thread = Environment.CurrentManagedThreadId;
            await host.RunAsync(async () =>
            {
                EffectSink<Order> sink = host.CreateSink<Order>();
                await host.Log.EnsureTopicAsync("orders", Small());
                _ = host.StartAsync(stop => ServeAsync(host, sink, stop), "a");
                _ = host.StartAsync(stop => ServeAsync(host, sink, stop), "b");
                await SendAsync(host, [.. Enumerable.Range(1, 10)]);
                await host.AdvanceAsync(TimeSpan.FromSeconds(1));
                await host.CrashAsync(Crash.PowerLoss(seed));
                _ = host.StartAsync(stop => ServeAsync(host, sink, stop), "c");
                await Task.Delay(TimeSpan.FromSeconds(1), host.Time);
                await host.WaitForLagAsync("billing", 0, s_hour);
            }, s_hour);
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            await host.CheckAsync(hasEnded: true, Law.PerKeyOrder, Law.AtLeastOnce, Law.NoLoss);
            return host.History.ToString();
        }
    }

    private static async Task ServeAsync(TestLog host, EffectSink<Order> sink, CancellationToken stop)
    {
        await using IConsumer<string, Order> consumer = host.Log.CreateConsumer<string, Order>("orders", "billing");
        await consumer.ForEachAsync(
            async (record, token) => await sink.AddAsync(record.Value, token), cancellationToken: stop);
    }

    private static TopicOptions Small() => new() { Partitions = 2, SegmentBytes = 64 << 10, MaxRecordBytes = 4_000 };

    private static async Task<TestLog> OpenAsync(bool simulated)
    {
        TestLog host = simulated ? TestLog.Simulated(42) : await TestLog.CreateAsync();
        await host.Log.EnsureTopicAsync("orders", Small());
        return host;
    }

    private static async Task SendAsync(TestLog host, params int[] ids)
    {
        await using IProducer<string, Order> producer = host.Log.CreateProducer<string, Order>("orders");
        foreach (int id in ids)
        {
            await producer.ProduceAsync(($"customer-{id % 3}", new Order(id, $"customer-{id % 3}")));
        }
    }

    private static async Task<int[]> ReadAsync(TestLog host)
    {
        List<int> read = [];
        await using IConsumer<string, Order> consumer = host.Log.CreateConsumer<string, Order>("orders");
        await foreach (Record<string, Order> record in consumer.ReadToEndAsync())
        {
            read.Add(record.Value.Id);
        }

        return [.. read.Order()];
    }
}
