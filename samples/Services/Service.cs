using EmbeddedLog;

namespace Services;

/// <summary>One of the processes that read the orders, each in a group of its own and at its own pace.</summary>
/// <param name="name">The service, which is also its group, and the folder of its offsets.</param>
/// <param name="work">How long it works on an order.</param>
internal sealed class Service(string name, TimeSpan work)
{
    /// <summary>How long it waits before it tries again.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Handles all orders, and those that are taken later, until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await ReadAsync(stoppingToken);
            }
            catch (EmbeddedLogException notYet) when (notYet is LogDirectoryException or UnknownTopicException)
            {
                Console.WriteLine($"waiting: {notYet.Message}");
                await Task.Delay(s_pause, stoppingToken);
            }
        }
    }

    private async Task ReadAsync(CancellationToken stoppingToken)
    {
        var options = new ReadOnlyLogOptions { OffsetsDirectory = $"data/{name}" };
        await using ReadOnlyLog log = await CommitLog.OpenReadOnlyAsync(Writer.Log, options, stoppingToken);
        await using var consumer = log.CreateConsumer<string, Order>(Writer.Topic, group: name);
        while (true)
        {
            try
            {
                await foreach (var record in consumer.ReadAllAsync(stoppingToken))
                {
                    await Task.Delay(work, stoppingToken);
                    Console.WriteLine($"handled order {record.Value.Number}");
                    await consumer.CommitAsync(record, CancellationToken.None);
                }
            }
            catch (LogTruncatedException lost)
            {
                // The writer's disk lost orders that this service has handled. It goes on at the first of them.
                Console.WriteLine($"undo the orders from {lost.Offset + 1} to {lost.ReadTo}");
            }
        }
    }
}
