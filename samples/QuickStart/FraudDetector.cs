using EmbeddedLog;

namespace QuickStart;

/// <summary>Stands for a service; the body of <see cref="RunAsync"/> is the README's example, line by line.</summary>
/// <param name="stoppingToken">Stops the service.</param>
internal sealed class FraudDetector(CancellationToken stoppingToken)
{
    /// <summary>Produces a record and handles all there are, until it is stopped.</summary>
    public async Task RunAsync()
    {
        await using var log = await CommitLog.OpenAsync("./data");

        await log.EnsureTopicAsync("page-views", new TopicOptions
        {
            Partitions = 4,
            Retention = new RetentionPolicy { MaxAge = TimeSpan.FromDays(7), MaxBytesPerPartition = 256L << 20 },
        });

        await using var producer = log.CreateProducer<string, PageView>("page-views");
        RecordMetadata sent = await producer.ProduceAsync("site-7", new PageView("/home"));

        await using var consumer = log.CreateConsumer<string, PageView>("page-views", group: "fraud");
        await foreach (var record in consumer.ReadAllAsync(stoppingToken))
        {
            Handle(record.Key, record.Value);
            await consumer.CommitAsync(record);
        }
    }

    private static void Handle(string site, PageView view) => Console.WriteLine($"{site} {view.Path}");
}
