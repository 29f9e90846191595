namespace EmbeddedLog.Producing.Encoding;

/// <summary>Keeps a few batches with their memory for the next call.</summary>
internal sealed class RecordBatchPool
{
    /// <summary>Beyond this many, and above this size, batches are left to the collector.</summary>
    private const int MaxPooled = 16;

    private const int MaxPooledBytes = 1 << 20;

    private readonly Lock _gate = new();

    /// <summary>Under the gate.</summary>
    private readonly Stack<RecordBatch> _free = new();

    /// <summary>An empty batch.</summary>
    public RecordBatch Rent()
    {
        lock (_gate)
        {
            return _free.TryPop(out RecordBatch? batch) ? batch : new RecordBatch();
        }
    }

    /// <summary>Takes a batch back that nobody uses any more.</summary>
    public void Return(RecordBatch batch)
    {
        if (batch.Bytes > MaxPooledBytes)
        {
            return;
        }

        batch.Clear();
        lock (_gate)
        {
            if (_free.Count < MaxPooled)
            {
                _free.Push(batch);
            }
        }
    }
}
