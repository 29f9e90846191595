using EmbeddedLog.Torture.Load;
using EmbeddedLog.Torture.Load.Producers;

namespace EmbeddedLog.Torture.User;

/// <summary>
/// Sends through a serializer and a partitioner in a mood. Their exceptions must reach the sender, and nothing of that
/// record may be in the log.
/// </summary>
internal sealed class MoodyProducer : LoadProducer
{
    private readonly Producer<byte[]?, byte[]> _producer;

    public MoodyProducer(LoadWork work, int index, int topic, Mood mood)
        : base(work, index, topic)
    {
        ProducerOptions options = new() { Partitioner = new MoodyPartitioner(mood) };
        _producer = work.Log.CreateProducer<byte[]?, byte[]>(Topic.Name, options, values: new MoodySerde(mood));
    }

    protected override async ValueTask<LoadFailure> StepAsync()
    {
        LoadIdentity identity = Take();
        try
        {
            RecordMetadata stored = await _producer.ProduceAsync(RecordOf(identity));
            Work.Report.Appended(identity, Place, stored.Partition, stored.Offset, 1, Durability.Flushed);
            return LoadFailure.None;
        }
        catch (Exception own)
            when (own is UserCodeException or RecordSerializationException
                or (InvalidOperationException and not ObjectDisposedException))
        {
            // Only this record may fail: the next one is sent as usual.
            return LoadFailure.None;
        }
        catch (Exception failure) when (failure is EmbeddedLogException or ObjectDisposedException)
        {
            return Failed(identity, 1, failure, refused: false);
        }
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
}
