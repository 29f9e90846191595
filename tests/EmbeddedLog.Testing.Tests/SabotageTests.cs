using EmbeddedLog.Testing.Recording;

namespace EmbeddedLog.Testing.Tests;

/// <summary>A log that loses or reorders a record is noticed, though the service makes no mistake.</summary>
public sealed class SabotageTests
{
    [Fact]
    public async Task CheckAsync_AGoodLog_HoldsEveryLaw() => await RunAsync(_ => SabotageKind.None);

    [Fact]
    public async Task CheckAsync_ALogThatLosesARecord_FindsThatIsMissing()
    {
        LawViolationException broken = await Assert.ThrowsAsync<LawViolationException>(() => RunAsync(
            record => record.Offset == 3 ? SabotageKind.Lose : SabotageKind.None));

        Assert.Contains(broken.Violations, violation =>
            violation.Law == Law.AtLeastOnce.Name
            && violation.Expected.StartsWith("orders-0@3 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CheckAsync_ALogThatReordersARecord_FindsWhich()
    {
        LawViolationException broken = await Assert.ThrowsAsync<LawViolationException>(() => RunAsync(
            record => record.Offset == 3 ? SabotageKind.Delay : SabotageKind.None));

        Assert.Contains(broken.Violations, violation =>
            violation.Law == Law.PerKeyOrder.Name
            && violation.Expected.StartsWith("orders-0@3 is handled before orders-0@4", StringComparison.Ordinal));
    }

    private static async Task RunAsync(Func<TopicPartitionOffset, SabotageKind> decide)
    {
        await using TestLog host = TestLog.Simulated(5);
        Sabotage.Current = new Sabotage(decide);
        try
        {
            EffectSink<string> sink = host.CreateSink<string>();
            await host.Log.EnsureTopicAsync("orders", new TopicOptions { SegmentBytes = 64 << 10 });
            await using IProducer<string, string> producer = host.Log.CreateProducer<string, string>("orders");
            for (int i = 0; i < 8; i++)
            {
                await producer.ProduceAsync(("key", $"value-{i}"));
            }

            _ = host.StartAsync(
                async stop =>
                {
                    await using IConsumer<string, string> consumer =
                        host.Log.CreateConsumer<string, string>("orders", "billing");
                    await foreach (Record<string, string> record in consumer.ReadAllAsync(stop))
                    {
                        await sink.AddAsync(record.Value, stop);
                        await consumer.CommitFinishedAsync(stop);
                    }
                },
                "member-1");
            await host.SettleAsync();
        }
        finally
        {
            Sabotage.Current = null;
        }

        await host.CheckAsync(hasEnded: true, Law.PerKeyOrder, Law.AtLeastOnce, Law.AtMostOnce, Law.NoLoss);
    }
}
