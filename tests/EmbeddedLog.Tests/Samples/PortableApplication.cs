namespace EmbeddedLog.Tests.Samples;

/// <summary>
/// An application as it should be written to be able to move: it takes interfaces, and values, and never casts.
/// </summary>
internal sealed class PortableApplication(ICommitLog log)
{
    private const string Orders = "orders";

    /// <summary>Takes orders in, in each way that there is.</summary>
    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        TopicDescription topic = await log.EnsureTopicAsync(
            Orders, new TopicOptions { Partitions = 3 }, cancellationToken);
        await using IProducer<string, Order?> producer = log.CreateProducer<string, Order?>(topic.Name);
        await producer.ProduceAsync("ann", new Order("tea", 2), cancellationToken);
        await producer.ProduceBatchAsync(
            [("bob", new Order("salt", 1)), ("ann", new Order("rice", 5))], cancellationToken);
        while (!producer.TryProduce(("cyd", new Order("oats", 4))))
        {
            if (!await producer.WaitToProduceAsync(cancellationToken))
            {
                return;
            }
        }

        await producer.DeleteAsync("bob", cancellationToken);
        await producer.FlushAsync(cancellationToken);
    }

    /// <summary>Bills what was not billed yet: the sum for each customer, zero for one who was deleted.</summary>
    public async Task<SortedDictionary<string, int>> BillAsync(CancellationToken cancellationToken)
    {
        SortedDictionary<string, int> bills = new(StringComparer.Ordinal);
        await using IConsumer<string, Order?> consumer = log.CreateConsumer<string, Order?>(Orders, group: "billing");
        await foreach (Record<string, Order?> record in consumer.ReadToEndAsync(cancellationToken))
        {
            bills[record.Key] = record.Value is { } order ? bills.GetValueOrDefault(record.Key) + order.Pieces : 0;
            await consumer.CommitAsync(record, cancellationToken);
        }

        return bills;
    }

    /// <summary>How many orders there are, for a page that shows it.</summary>
    public static async Task<long> CountAsync(ILogReader reader) =>
        (await reader.DescribeTopicAsync(Orders)).Partitions.Sum(each => each.EndOffset - each.StartOffset);

    /// <summary>An order.</summary>
    internal sealed record Order(string Item, int Pieces);
}
