using EmbeddedLog;

namespace TestingYourService.Mistakes;

/// <summary>Handles the records of a batch at the same time, whoever's they are.</summary>
public sealed class HandlesInParallel(ICommitLog log, IBills bills) : IService
{
    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken stop)
    {
        await using IConsumer<string, Order> consumer = log.CreateConsumer<string, Order>("orders", "billing");
        await foreach (IReadOnlyList<Record<string, Order>> batch in consumer.ReadBatchesAsync(10, stop))
        {
            await Task.WhenAll(batch.Select(record => bills.TryAddAsync(record.Value, stop)));
            await consumer.CommitAsync(batch[^1], stop);
        }
    }
}
