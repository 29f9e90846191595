using System.Numerics;
using EmbeddedLog;
using EmbeddedLog.TrimmedApp;

// Uses each part of the library that trimming could break: serializers found by type, JSON, the mapped files, groups.
// What it prints is compared with expected.txt.
string directory = Directory.CreateTempSubdirectory("embeddedlog-trimmed-").FullName;
var options = new CommitLogOptions { JsonContexts = { OrderJson.Default } };
try
{
    await using (CommitLog log = await CommitLog.OpenAsync(directory, options))
    {
        await log.EnsureTopicAsync("orders", new TopicOptions { Partitions = 2 });
        await log.EnsureTopicAsync("counts");

        await using Producer<string, Order> orders = log.CreateProducer<string, Order>("orders");
        for (int number = 1; number <= 3; number++)
        {
            await orders.ProduceAsync("customer", new Order(number, "lamp", 9.5m));
        }

        await using Producer<Guid, long> counts = log.CreateProducer<Guid, long>("counts");
        await counts.ProduceAsync(
            new ProducerRecord<Guid, long>(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 42)
            {
                Headers = new Headers { { "unit", "piece" } },
            });
        await ReadOrdersAsync(log, "first run", count: 2);

        // Its fields are not in the JSON: known even where the metadata of fields is gone.
        try
        {
            log.CreateProducer<string, Vector3>("orders").Dispose();
        }
        catch (InvalidOperationException)
        {
            Console.WriteLine("Vector3 is refused");
        }
    }

    await using (CommitLog log = await CommitLog.OpenAsync(directory, options))
    {
        await ReadOrdersAsync(log, "second run", count: 1);

        await using Consumer<Guid, long> counts = log.CreateConsumer<Guid, long>("counts");
        await foreach (Record<Guid, long> record in counts.ReadToEndAsync())
        {
            Console.WriteLine($"{record.Key} {record.Value} {record.Headers[0].GetString()}");
        }
    }
}
finally
{
    Directory.Delete(directory, recursive: true);
}

static async Task ReadOrdersAsync(CommitLog log, string run, int count)
{
    await using Consumer<string, Order> consumer = log.CreateConsumer<string, Order>("orders", group: "billing");
    await foreach (Record<string, Order> record in consumer.ReadToEndAsync())
    {
        Console.WriteLine($"{run}: {record.Key} {record.Value}");
        await consumer.CommitAsync(record);
        if (--count == 0)
        {
            return;
        }
    }
}
