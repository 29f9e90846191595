using System.Text;
using EmbeddedLog;

namespace FailingRecords;

/// <summary>
/// Stands for a service. The body of <see cref="RunAsync"/> is the second example of the package's readme.
/// </summary>
/// <param name="consumer">Reads the topic for the service's group.</param>
/// <param name="stoppingToken">Stops the service.</param>
internal sealed class ViewService(IConsumer<string, PageView> consumer, CancellationToken stoppingToken)
{
    private bool _partnerIsUp;

    /// <summary>Handles all records, and those that are appended later, until it is stopped.</summary>
    public async Task RunAsync()
    {
        Exception? failure = null;
        while (!stoppingToken.IsCancellationRequested) // Or until the consumer is disposed, by an exception.
        {
            try
            {
                if (failure is RecordDeserializationException bad) { Keep(bad); consumer.Skip(bad); }
                else if (failure is not null) { Report(failure); await Task.Delay(1000, stoppingToken); }
                failure = null;
                await consumer.CommitFinishedAsync(); // What was skipped would come again after a restart.
                await foreach (var record in consumer.ReadAllAsync(stoppingToken))
                {
                    try { await HandleAsync(record, stoppingToken); }
                    catch (InvalidDataException hopeless) { Keep(record, hopeless); } // Given up. Others come again.
                    await consumer.CommitAsync(record); // This one, and all before it in its partition.
                }
            }
            catch (Exception thrown) when (thrown is not ObjectDisposedException) { failure = thrown; }
        }
    }

    /// <summary>
    /// Fails as the code of a service may: always for one page, and for another one as long as its partner is down.
    /// </summary>
    private async Task HandleAsync(Record<string, PageView> record, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        if (record.Value.Path == "/hopeless")
        {
            throw new InvalidDataException($"no handler for {record.Value.Path}");
        }

        if (record.Value.Path == "/later" && !_partnerIsUp)
        {
            _partnerIsUp = true;
            throw new TimeoutException($"the partner did not answer for {record.Value.Path}");
        }

        Console.WriteLine($"handled {record.Value.Path}");
    }

    /// <summary>Where a service would keep what it gives up, for a person to look at.</summary>
    private static void Keep(Record<string, PageView> record, Exception hopeless) =>
        Console.WriteLine($"gave up {record.TopicPartitionOffset}: {hopeless.Message}");

    private static void Keep(RecordDeserializationException unreadable)
    {
        string text = Encoding.UTF8.GetString(unreadable.RawValue.GetValueOrDefault().Span);
        Console.WriteLine($"skipped {unreadable.Topic}-{unreadable.Partition}@{unreadable.Offset}: {text}");
    }

    private static void Report(Exception failure) => Console.WriteLine($"failed: {failure.Message}");
}
