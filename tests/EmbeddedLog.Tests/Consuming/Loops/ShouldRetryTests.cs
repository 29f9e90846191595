using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming.Loops;

public sealed class ShouldRetryTests
{
    [Theory]
    [InlineData("no", 1)]
    [InlineData("yes", 3)]
    [InlineData("throws", 3)]
    public async Task Attempts_OfARecord_EndWhereNoOtherOneMayHelp(string answer, int attempts)
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        await log.CreateTopicAsync("orders");
        await using Producer<string, string> producer = log.CreateProducer<string, string>("orders");
        await producer.ProduceAsync("key", "value");
        await using Consumer<string, string> consumer = log.CreateConsumer<string, string>("orders", "billing");
        int called = 0;

        await Assert.ThrowsAsync<InvalidDataException>(() => consumer.ForEachAsync(
            (_, _) =>
            {
                called++;
                throw new InvalidDataException("bad");
            },
            new ForEachOptions
            {
                Retry = new RetryOptions
                {
                    MaxAttempts = 3,
                    Delay = TimeSpan.Zero,
                    ShouldRetry = failure => answer switch
                    {
                        "no" => failure is not InvalidDataException,
                        "yes" => true,
                        _ => throw new InvalidOperationException("A test's own."),
                    },
                },
            },
            TestContext.Current.CancellationToken));

        Assert.Equal(attempts, called);
    }

    [Fact]
    public void FindFaults_OfOptions_ListsEachWithItsName()
    {
        ForEachOptions loop = new() { MaxParallelism = 0, Retry = new RetryOptions { MaxAttempts = 0 } };

        Assert.Equal(2, loop.FindFaults().Count);
        Assert.StartsWith("MaxParallelism is 0", loop.FindFaults()[0], StringComparison.Ordinal);
        Assert.StartsWith("Retry.MaxAttempts is 0", loop.FindFaults()[1], StringComparison.Ordinal);
        Assert.Empty(new ForEachOptions().FindFaults());
        Assert.Single(new TopicOptions { Partitions = 0 }.FindFaults());
        Assert.Single(new CommitLogOptions { MaxOpenSegments = 0 }.FindFaults());
    }
}
