using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Errors;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions.Reading;

/// <summary>
/// A partition for its readers, owned by this process (<see cref="PartitionLog"/>) or followed. All members are safe to
/// call from any thread, also while another one closes the log.
/// </summary>
internal abstract class ReadablePartition
{
    private readonly FileSystem _files;
    private readonly ObjectPool<AsyncWaiter> _waiters;

    /// <summary>Set once by closing; read by everyone.</summary>
    private bool _closed;

    /// <param name="id">Topic and number.</param>
    /// <param name="segments">The objects that segments share.</param>
    /// <param name="waiters">Makes waiters for records.</param>
    protected ReadablePartition(TopicPartition id, SegmentResources segments, ObjectPool<AsyncWaiter> waiters)
    {
        _files = segments.Platform.Files;
        _waiters = waiters;
        Readers = segments.Readers;
        Id = id;
        AppendWaiters = new WaiterList(segments.Platform.Work);
    }

    /// <summary>Gives readers their slots, which keep memory mapped.</summary>
    public ReaderEpochs Readers { get; }

    /// <summary>Topic and number.</summary>
    public TopicPartition Id { get; }

    /// <summary>The uid of its topic: another topic with that name has another one.</summary>
    public abstract ulong TopicUid { get; }

    /// <summary>The first offset that may be read.</summary>
    public abstract long StartOffset { get; }

    /// <summary>The offset behind the last record that may be read.</summary>
    public abstract long PublishedEnd { get; }

    /// <summary>The published end as of the last look at it, without another look.</summary>
    public virtual long KnownEnd => PublishedEnd;

    /// <summary>The offset up to which everything is on the disk.</summary>
    public abstract long DurableEnd { get; }

    /// <summary>The bytes of segments that hold records, headers included.</summary>
    public abstract long SizeBytes { get; }

    /// <summary>The segments as of the last read of the published end, oldest first.</summary>
    public abstract SegmentList Segments { get; }

    /// <summary>
    /// How often published records were taken back, which only happens in a followed log. It counts before new records
    /// at their offsets can be read.
    /// </summary>
    public virtual int Truncations => 0;

    /// <summary>The waiters for the published end.</summary>
    protected WaiterList AppendWaiters { get; }

    /// <summary>Whether the log was closed.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Whether the opening of the log found it damaged, so that nothing of it can be used.</summary>
    public virtual bool IsDamaged => false;

    /// <summary>Whether no more becomes durable: after a failed flush, and when the partition closes.</summary>
    public virtual bool HaveFlushesEnded => IsClosed;

    /// <summary>Throws if a flush has failed, so that no more becomes durable.</summary>
    public virtual void ThrowIfFlushesFailed()
    {
    }

    /// <summary>Whether another process owns it, and may take records back.</summary>
    public virtual bool IsFollowed => false;

    /// <summary>Whether it is followed, and was seen to be deleted with its topic.</summary>
    public virtual bool IsGone => false;

    /// <summary>The exception for uses of the partition after it was closed.</summary>
    public virtual Exception ClosedError() => SharedErrors.Disposed();

    /// <summary>Throws <see cref="ClosedError"/> where nobody can read any more.</summary>
    public virtual void ThrowIfClosed()
    {
        if (IsClosed)
        {
            throw ClosedError();
        }
    }

    /// <summary>The lowest offset that was taken back since there were so many truncations.</summary>
    public virtual long TruncatedTo(int since) => long.MaxValue;

    /// <summary>
    /// The epoch to store with a commit: that of the records below the offset, or a later one in which they were still
    /// there. <see cref="EndOfEpoch"/> then tells how many of them are left.
    /// </summary>
    public abstract uint EpochBelow(long offset);

    /// <summary>
    /// The offset behind the last record of an epoch, or of one before it, that survived. Records behind it in that
    /// epoch were lost, and their offsets were given to others, or will be.
    /// </summary>
    public abstract long EndOfEpoch(uint epoch);

    /// <summary>
    /// Searches again for a segment's file that a reader did not find; throws if there is nothing else to read.
    /// </summary>
    public virtual void FindAgain(Segment segment, long offset) =>
        throw (IsClosed ? ClosedError() : PartitionErrors.OutOfRange(Id, offset, StartOffset, PublishedEnd));

    /// <summary>
    /// Whether the log ends at an offset after all, if a reader found no record below the published end. This only
    /// happens in a followed log.
    /// </summary>
    public virtual bool EndsAt(Segment segment, long offset) => false;

    /// <summary>The offset behind the last record of a level.</summary>
    public long EndAt(Durability level) => level == Durability.Flushed ? DurableEnd : PublishedEnd;

    /// <summary>Begins to read at an offset from the log's start to its end.</summary>
    /// <exception cref="OffsetUnavailableException">The offset is not in that range.</exception>
    public PartitionScan Scan(long offset)
    {
        int truncations = Truncations;
        CheckReadable(offset);
        return new PartitionScan(this, ScanPosition.At(offset), truncations);
    }

    /// <summary>Checks that an offset lies between the log's start and its end.</summary>
    public void CheckReadable(long offset)
    {
        ThrowIfClosed();
        long end = PublishedEnd;
        long start = StartOffset;
        if (offset < start || offset > end)
        {
            throw PartitionErrors.OutOfRange(Id, offset, start, end);
        }
    }

    /// <summary>The segment that holds an offset, or null without an append so far.</summary>
    /// <exception cref="OffsetUnavailableException">Retention has removed it.</exception>
    public Segment? FindSegment(long offset)
    {
        ThrowIfClosed();
        SegmentList segments = Segments;
        return segments.Find(offset) ?? (segments.Count == 0
            ? null
            : throw PartitionErrors.OutOfRange(Id, offset, StartOffset, PublishedEnd));
    }

    /// <summary>
    /// The frame, or the damaged region, of an offset, read from the segment's file; false if the segment does not
    /// reach that far.
    /// </summary>
    /// <exception cref="FileSystemException">The file is missing, or the file system failed.</exception>
    public bool TryFindDamage(Segment segment, long offset, out SurveyedPart part) =>
        SegmentDamage.TryFind(_files, segment, PublishedEnd, offset, out part);

    /// <summary>Waits until the published end is at least <paramref name="end"/>.</summary>
    public virtual ValueTask WaitForEndAsync(long end, CancellationToken cancellationToken)
    {
        if (PublishedEnd >= end)
        {
            return ValueTask.CompletedTask;
        }

        ValueTask task = _waiters.Rent().AddTo(AppendWaiters, end, cancellationToken);
        LookAfterAdding();
        return task;
    }

    /// <summary>Adds a waiter that is released when the published end reaches its target.</summary>
    public void AddAppendWaiter(OffsetWaiter waiter)
    {
        AppendWaiters.Add(waiter);
        LookAfterAdding();
    }

    /// <summary>
    /// Adds a waiter that is released when the durable end reaches its target, or with the reason why it never will.
    /// Requests no flush.
    /// </summary>
    public abstract void AddFlushWaiter(OffsetWaiter waiter);

    /// <summary>Removes such a waiter; false if it was released or is being released.</summary>
    public abstract bool RemoveFlushWaiter(OffsetWaiter waiter);

    /// <summary>Removes a waiter; false if it was released or is being released.</summary>
    public bool RemoveAppendWaiter(OffsetWaiter waiter) => AppendWaiters.Remove(waiter);

    /// <summary>Called when a waiter for the published end was added.</summary>
    protected virtual void OnWaiting()
    {
    }

    /// <summary>Ends all reading and fails the waiters. The caller removes the segments.</summary>
    protected void CloseToReaders(Exception reason)
    {
        Volatile.Write(ref _closed, true);
        AppendWaiters.Fail(reason);
    }

    private void LookAfterAdding()
    {
        // An append publishes first and then checks for waiters, without a fence in between. The barrier here makes
        // sure that either the append sees the waiter, or this thread sees the published record. The same holds for
        // closing.
        Interlocked.MemoryBarrierProcessWide();
        if (IsClosed)
        {
            AppendWaiters.Fail(ClosedError());
        }
        else
        {
            OnWaiting();
            AppendWaiters.ReleaseUpTo(PublishedEnd);
        }
    }
}
