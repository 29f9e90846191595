namespace EmbeddedLog.Partitions.State;

/// <summary>Requests of a partition's parts that concern its flushes. No call waits.</summary>
internal interface IFlushControl
{
    /// <summary>The longest time that a written record stays unflushed; null for any time.</summary>
    TimeSpan? FlushInterval { get; }

    /// <summary>Everything below this offset is on the disk.</summary>
    long DurableEnd { get; }

    /// <summary>Requests a flush of all appends so far. Safe under the append lock.</summary>
    void RequestFlush();

    /// <summary>Requests another try of a flush that could not be made.</summary>
    void RetryFlush();

    /// <summary>Requests a checkpoint for when appends pause.</summary>
    void RequestCheckpoint();
}
