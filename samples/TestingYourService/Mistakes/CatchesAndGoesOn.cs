using EmbeddedLog;

namespace TestingYourService.Mistakes;

/// <summary>Takes a failure for the record's, and goes on with the next one.</summary>
public sealed class CatchesAndGoesOn(ICommitLog log, IBills bills) : IService
{
    /// <summary>What a service would write to its log.</summary>
    public List<string> Failures { get; } = [];

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken stop)
    {
        await using IConsumer<string, Order> consumer = log.CreateConsumer<string, Order>("orders", "billing");
        await foreach (Record<string, Order> record in consumer.ReadAllAsync(stop))
        {
            try
            {
                await bills.TryAddAsync(record.Value, stop);
            }
            catch (IOException failure)
            {
                Failures.Add(failure.Message);
            }

            await consumer.CommitAsync(record, stop);
        }
    }
}
