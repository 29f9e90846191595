using EmbeddedLog;

namespace TestingYourService.Mistakes;

/// <summary>
/// Remembers which orders have a bill. What another member has billed before it got that one's partition is not in it.
/// </summary>
public sealed class KeepsStateAcrossRebalances(ICommitLog log, IBills bills) : IService
{
    private readonly HashSet<int> _billed = [.. bills.ListOrders()];

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken stop)
    {
        await using IConsumer<string, Order> consumer = log.CreateConsumer<string, Order>("orders", "billing");
        await foreach (Record<string, Order> record in consumer.ReadAllAsync(stop))
        {
            if (_billed.Add(record.Value.Id))
            {
                await bills.AddAsync(record.Value, stop);
            }

            await consumer.CommitAsync(record, stop);
        }
    }
}
