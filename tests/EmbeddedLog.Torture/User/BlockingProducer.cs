using EmbeddedLog.Torture.Load;

namespace EmbeddedLog.Torture.User;

/// <summary>Sends with calls that block, each on a thread of the pool. There are more of them than threads.</summary>
internal sealed class BlockingProducer(LoadWork work, int index, int topic) : LoadProducer(work, index, topic)
{
    private readonly Producer<byte[]?, byte[]> _producer =
        work.Log.CreateProducer<byte[]?, byte[]>(LoadTopic.All[topic].Name);

    protected override async ValueTask<LoadFailure> StepAsync()
    {
        LoadIdentity identity = Take();
        return await Task.Run(() => Send(identity));
    }

    protected override async ValueTask EndAsync()
    {
        try
        {
            await _producer.DisposeAsync();
        }
        catch (EmbeddedLogException)
        {
            // It was told of the failure of each record.
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
