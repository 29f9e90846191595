using EmbeddedLog;

await using var log = await CommitLog.OpenAsync("data");
await log.EnsureTopicAsync("page-views", new TopicOptions { Partitions = 4 });

await using var producer = log.CreateProducer<string, PageView>("page-views");
await producer.ProduceAsync("site-7", new PageView("/home")); // Returns when the record is on the disk.

await using var consumer = log.CreateConsumer<string, PageView>("page-views", group: "fraud");
await foreach (var record in consumer.ReadToEndAsync()) // ReadAllAsync waits for more.
{
    Console.WriteLine($"{record.Key} {record.Value.Path}");
    await consumer.CommitAsync(record);
}
record PageView(string Path);
