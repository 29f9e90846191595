using EmbeddedLog;

namespace TestingYourService;

/// <summary>The service without a mistake.</summary>
public sealed class BillingService(ICommitLog log, IBills bills) : IService
{
    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken stop)
    {
        await using IConsumer<string, Order> consumer = log.CreateConsumer<string, Order>("orders", "billing");
        await foreach (Record<string, Order> record in consumer.ReadAllAsync(stop))
        {
            await bills.TryAddAsync(record.Value, stop);
            await consumer.CommitAsync(record, stop);
        }
    }
}
