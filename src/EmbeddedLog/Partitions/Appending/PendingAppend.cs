using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>
/// Somebody who appends a record and is released once it is on the disk, or with the reason why it never will be.
/// </summary>
internal abstract class PendingAppend(WorkQueue work) : AwaitedWaiter<RecordMetadata>(work)
{
    /// <summary>
    /// Called once the record was appended, before the waiter is on any list: from then on it may be released, and be
    /// in use again, at any moment. Must not throw.
    /// </summary>
    /// <param name="offset">The record's offset.</param>
    /// <param name="timestamp">The timestamp that it was given.</param>
    public abstract void NoteAppended(long offset, long timestamp);
}
