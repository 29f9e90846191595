using EmbeddedLog;

namespace FailingRecords;

/// <summary>
/// Stands for a service. The body of <see cref="RunAsync"/> is the second example of the package's readme.
/// </summary>
/// <param name="consumer">Reads the topic for the service's group.</param>
/// <param name="stoppingToken">Stops the service.</param>
internal sealed class ViewService(IConsumer<string, PageView> consumer, CancellationToken stoppingToken)
{
    /// <summary>Handles all records, and those that are appended later, until it is stopped.</summary>
    public async Task RunAsync()
    {
        while (true) // Ends with an OperationCanceledException when the service stops.
        {
            try
            {
                await foreach (var record in consumer.ReadAllAsync(stoppingToken))
                {
                    try { await HandleAsync(record); }
                    catch (Exception failure) { Report(failure); } // Without this line the record comes again.
                    await consumer.CommitAsync(record);
                }
            }
            catch (RecordDeserializationException unreadable) { Report(unreadable); consumer.Skip(unreadable); }
            catch (EmbeddedLogException trouble) { Report(trouble); await Task.Delay(1000, stoppingToken); }
        }
    }

    /// <summary>Fails for one page, as the code of a service may for some record.</summary>
    private static Task HandleAsync(Record<string, PageView> record)
    {
        if (record.Value.Path == "/fails")
        {
            throw new InvalidOperationException($"no handler for {record.Value.Path}");
        }

        Console.WriteLine($"handled {record.Value.Path}");
        return Task.CompletedTask;
    }

    private static void Report(Exception failure) => Console.WriteLine(failure switch
    {
        RecordDeserializationException unreadable =>
            $"skipped {unreadable.Topic}-{unreadable.Partition}@{unreadable.Offset}",
        _ => $"failed: {failure.Message}",
    });
}
