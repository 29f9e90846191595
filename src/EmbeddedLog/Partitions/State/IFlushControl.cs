namespace EmbeddedLog.Partitions.State;

/// <summary>What the parts of a partition ask of it that has to do with its flushes. Each call only asks.</summary>
internal interface IFlushControl
{
    /// <summary>Oldest that a written record may get before it is flushed; null for never.</summary>
    TimeSpan? FlushInterval { get; }

    /// <summary>Everything below this offset is on the disk.</summary>
    long DurableEnd { get; }

    /// <summary>Asks for a round of flushing, of what was appended so far. Safe under the append lock.</summary>
    void RequestFlush();

    /// <summary>Has a flush that could not be made tried again in a while.</summary>
    void RetryFlush();

    /// <summary>Has a checkpoint written once appends pause.</summary>
    void RequestCheckpoint();
}
