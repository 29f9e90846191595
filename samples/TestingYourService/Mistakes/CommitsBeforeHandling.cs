using EmbeddedLog;

namespace TestingYourService.Mistakes;

/// <summary>Commits a record, and then handles it.</summary>
public sealed class CommitsBeforeHandling(ICommitLog log, IBills bills) : IService
{
    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken stop)
    {
        await using IConsumer<string, Order> consumer = log.CreateConsumer<string, Order>("orders", "billing");
        await foreach (Record<string, Order> record in consumer.ReadAllAsync(stop))
        {
            await consumer.CommitAsync(record, stop);
            await bills.TryAddAsync(record.Value, stop);
        }
    }
}
