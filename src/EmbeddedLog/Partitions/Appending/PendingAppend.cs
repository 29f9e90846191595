using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>
/// The waiter of an append: it is released when the record is on the disk, or with the reason why it never will be.
/// </summary>
internal abstract class PendingAppend(WorkQueue work) : AwaitedWaiter<RecordMetadata>(work)
{
    /// <summary>
    /// Called when the record was appended, before the waiter is on a list. On a list it may be released, and be in use
    /// again, at any moment. Must not throw.
    /// </summary>
    /// <param name="offset">The record's offset.</param>
    /// <param name="timestamp">The timestamp that it was given.</param>
    public abstract void NoteAppended(long offset, long timestamp);
}
