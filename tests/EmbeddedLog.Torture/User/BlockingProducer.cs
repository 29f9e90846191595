using EmbeddedLog.Torture.Load;
using EmbeddedLog.Torture.Load.Producers;

namespace EmbeddedLog.Torture.User;

/// <summary>
/// Sends with blocking calls, each on a thread of the pool. There are more such producers than threads.
/// </summary>
/// <param name="work">The objects shared by the workers.</param>
/// <param name="index">The producer's number in its life.</param>
/// <param name="topic">The topic's place.</param>
/// <param name="holds">
/// Whether it keeps its thread from one call to the next: a thread of the pool first runs the work that it queued
/// itself. With as many such producers as threads nothing else runs.
/// </param>
internal sealed class BlockingProducer(LoadWork work, int index, int topic, bool holds)
    : LoadProducer(work, index, topic)
{
    private readonly Producer<byte[]?, byte[]> _producer =
        work.Log.CreateProducer<byte[]?, byte[]>(LoadTopic.All[topic].Name);

    protected override async ValueTask<LoadFailure> StepAsync()
    {
        LoadIdentity identity = Take();

        return await Task.Factory.StartNew(
            () => Send(identity),
            CancellationToken.None,
            holds ? TaskCreationOptions.None : TaskCreationOptions.PreferFairness,
            TaskScheduler.Default);
    }

    protected override async ValueTask EndAsync()
    {
        try
        {
            await _producer.DisposeAsync();
        }
        catch (EmbeddedLogException)
        {
            // Each record has already reported its failure.
        }
    }

    private LoadFailure Send(LoadIdentity identity)
    {
        try
        {
            RecordMetadata stored = _producer.Produce(RecordOf(identity));
            Work.Report.Appended(identity, Place, stored.Partition, stored.Offset, 1, Durability.Flushed);
            return LoadFailure.None;
        }
        catch (Exception failure) when (failure is EmbeddedLogException or ObjectDisposedException)
        {
            return Failed(identity, 1, failure, refused: false);
        }
    }
}
