using System.Runtime.InteropServices;
using EmbeddedLog;
using FailingRecords;

using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
{
    signal.Cancel = true;
    stop.Cancel();
});

await using CommitLog log = await CommitLog.OpenAsync("data");
await log.EnsureTopicAsync("page-views");

// Four records: one that is handled, one that is handled at the second attempt, one never, and one that is not JSON.
await using (var producer = log.CreateProducer<string, PageView>("page-views"))
await using (var text = log.CreateProducer<string, string>("page-views"))
{
    await producer.ProduceAsync("site-7", new PageView("/home"));
    await producer.ProduceAsync("site-7", new PageView("/later"));
    await producer.ProduceAsync("site-7", new PageView("/hopeless"));
    await text.ProduceAsync("site-7", "no JSON");
}

await using var consumer = log.CreateConsumer<string, PageView>("page-views", group: "views");
await new ViewService(consumer, stop.Token).RunAsync();
Console.WriteLine("stopped");
