namespace EmbeddedLog.Testing.Tests;

public sealed class DiskFaultsTests
{
    public static TheoryData<bool> Both => [true, false];

    [Theory]
    [MemberData(nameof(Both))]
    public async Task FailNext_Flush_FailsThePartitionUntilItIsOpenedAgain(bool simulated)
    {
        await using TestLog host = await OpenAsync(simulated);
        IProducer<string, string> producer = host.Log.CreateProducer<string, string>("topic");
        await producer.ProduceAsync(("key", "first"));
        host.Faults.FailNext(DiskCall.Flush, DiskError.Io);

        await Assert.ThrowsAnyAsync<EmbeddedLogException>(async () => await producer.ProduceAsync(("key", "second")));
        await Assert.ThrowsAnyAsync<EmbeddedLogException>(async () => await producer.ProduceAsync(("key", "third")));
        await host.CrashAsync(Crash.Kill);
        await host.Log.CreateProducer<string, string>("topic").ProduceAsync(("key", "fourth"));

        Assert.Equal(1, host.Faults.Fired);
        await host.CheckAsync(Law.NoLoss);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task FailNext_CalledTwice_FailsTwoCalls(bool simulated)
    {
        await using TestLog host = await OpenAsync(simulated);
        host.Faults.FailNext(DiskCall.Open, DiskError.NoHandles);
        host.Faults.FailNext(DiskCall.Open, DiskError.NoHandles);

        await Assert.ThrowsAnyAsync<Exception>(async () => await host.Log.CreateTopicAsync("a", Small()));
        await Assert.ThrowsAnyAsync<Exception>(async () => await host.Log.CreateTopicAsync("a", Small()));
        await host.Log.CreateTopicAsync("a", Small());

        Assert.Equal(2, host.Faults.Fired);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task FillDisk_UntilItIsCleared_RefusesWhatNeedsSpace(bool simulated)
    {
        await using TestLog host = await OpenAsync(simulated);
        host.Faults.FillDisk();
        await Assert.ThrowsAsync<DiskFullException>(async () => await host.Log.CreateTopicAsync("more", Small()));

        host.Faults.Clear();

        await host.Log.CreateTopicAsync("more", Small());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task TakeHandles_UntilTheyAreBack_RefusesWhatOpensFiles(bool simulated)
    {
        await using TestLog host = await OpenAsync(simulated);
        host.Faults.TakeHandles();
        await Assert.ThrowsAnyAsync<Exception>(async () => await host.Log.CreateTopicAsync("more", Small()));

        host.Faults.Clear();

        await host.Log.CreateTopicAsync("more", Small());
    }

    [Fact]
    public async Task SlowDown_ASimulatedDisk_TakesItsTime()
    {
        await using TestLog host = await OpenAsync(simulated: true);
        await using IProducer<string, string> producer = host.Log.CreateProducer<string, string>("topic");
        host.Faults.SlowDown(TimeSpan.FromSeconds(3));
        DateTimeOffset before = host.Time.GetUtcNow();

        await producer.ProduceAsync(("key", "value"));

        Assert.InRange(host.Time.GetUtcNow() - before, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(30));
    }

    private static TopicOptions Small() => new() { SegmentBytes = 64 << 10, MaxRecordBytes = 4_000 };

    private static async Task<TestLog> OpenAsync(bool simulated)
    {
        TestLog host = simulated ? TestLog.Simulated(7) : await TestLog.CreateAsync();
        await host.Log.EnsureTopicAsync("topic", Small());
        return host;
    }
}
