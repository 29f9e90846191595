using System.Runtime.ExceptionServices;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Producing;

/// <summary>The records of one call, by partition, from their serialization to their acknowledgement.</summary>
internal sealed class BatchSend(ObjectPool<RecordBatch> pool)
{
    /// <summary>Batches beyond this number or above this size are not pooled.</summary>
    private const int MaxPooled = 16;

    private const int MaxPooledBytes = 1 << 20;

    /// <summary>The parts by partition.</summary>
    private readonly Dictionary<int, BatchPart> _byPartition = [];

    /// <summary>The parts, in the order in which they are appended: that of their first records.</summary>
    private readonly List<BatchPart> _parts = [];

    /// <summary>For each record its part, its index there, and its given time.</summary>
    private readonly List<(BatchPart Part, int Index, long Timestamp)> _records = [];

    /// <summary>The failure that ended the appending, or null.</summary>
    private ExceptionDispatchInfo? _failure;

    /// <summary>The bytes that all parts take in the log.</summary>
    public long FrameBytes { get; private set; }

    /// <summary>The parts.</summary>
    public IReadOnlyList<BatchPart> Parts => _parts;

    /// <summary>Makes a pool of batches with their memory.</summary>
    public static ObjectPool<RecordBatch> CreatePool() => new(MaxPooled, _ => new RecordBatch());

    /// <summary>Adds a record; its bytes are copied.</summary>
    public void Add(PartitionSender sender, in RawRecord record)
    {
        int partition = sender.Log.Id.Partition;
        if (!_byPartition.TryGetValue(partition, out BatchPart? part))
        {
            part = new BatchPart(sender, pool.Rent());
            _byPartition.Add(partition, part);
            _parts.Add(part);
        }

        _records.Add((part, part.Batch.Count, record.Timestamp));
        part.Batch.Add(record);
    }

    /// <summary>Throws for faults that are known before anything is appended.</summary>
    public void Check()
    {
        foreach (BatchPart part in _parts)
        {
            part.Check();
            FrameBytes += part.FrameBytes;
        }
    }

    /// <summary>Appends the parts up to the first failure, which is kept. Returns the bytes appended.</summary>
    public long Append()
    {
        long bytes = 0;
        try
        {
            foreach (BatchPart part in _parts)
            {
                part.Append();
                bytes += part.FrameBytes;
            }
        }
#pragma warning disable CA1031 // It is thrown to the caller, once the room that was not used is given back.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _failure = ExceptionDispatchInfo.Capture(failure);
        }

        return bytes;
    }

    /// <summary>Throws what ended the appending, if anything did.</summary>
    public void ThrowIfFailed() => _failure?.Throw();

    /// <summary>The positions of the records, in the given order.</summary>
    public RecordMetadata[] Metadata()
    {
        RecordMetadata[] all = new RecordMetadata[_records.Count];
        for (int i = 0; i < all.Length; i++)
        {
            (BatchPart part, int index, long given) = _records[i];
            long timestamp = part.AppendTime || given == RawRecord.NoTimestamp ? part.Timestamp : given;
            TopicPartition id = part.Sender.Log.Id;
            all[i] = new RecordMetadata(
                id.Topic, id.Partition, part.FirstOffset + index, UnixTime.ToDateTimeOffset(timestamp));
        }

        return all;
    }

    /// <summary>Returns the batches to the pool, once nothing is appended from them any more.</summary>
    public void Return()
    {
        foreach (BatchPart part in _parts)
        {
            if (part.Batch.Bytes <= MaxPooledBytes)
            {
                part.Batch.Clear();
                pool.Return(part.Batch);
            }
        }
    }
}
