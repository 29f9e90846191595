using EmbeddedLog;

namespace Services;

/// <summary>The process that owns the log: it takes an order every so often and appends it.</summary>
internal static class Writer
{
    public const string Log = "data/log";
    public const string Topic = "orders";

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Appends orders until it is stopped. A second writer is refused while there is one.</summary>
    public static async Task RunAsync(CancellationToken stoppingToken)
    {
        await using CommitLog log = await CommitLog.OpenAsync(Log, cancellationToken: stoppingToken);
        Topic topic = await log.EnsureTopicAsync(Topic, cancellationToken: stoppingToken);
        await using Producer<string, Order> producer = log.CreateProducer<string, Order>(Topic);
        while (true)
        {
            // One partition, and one process that appends: an order's number is its offset and one.
            var order = new Order(topic[0].EndOffset + 1);
            await producer.ProduceAsync($"customer-{order.Number % 7}", order, stoppingToken);
            Console.WriteLine($"took order {order.Number}");
            await Task.Delay(s_pause, stoppingToken);
        }
    }
}
