using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Errors;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions.Reading;

/// <summary>
/// What readers see of a partition, whether this process owns it (<see cref="PartitionLog"/>) or follows another one
/// that does. All members are safe to call from any thread, also while another closes the log.
/// </summary>
internal abstract class ReadablePartition
{
    private readonly FileSystem _files;
    private readonly ObjectPool<AsyncWaiter> _waiters;

    /// <summary>Set once by closing; read by everyone.</summary>
    private bool _closed;

    /// <param name="id">Topic and number.</param>
    /// <param name="segments">What its segments use.</param>
    /// <param name="waiters">Makes those who wait for records.</param>
    protected ReadablePartition(TopicPartition id, SegmentResources segments, ObjectPool<AsyncWaiter> waiters)
    {
        _files = segments.Platform.Files;
        _waiters = waiters;
        Readers = segments.Readers;
        Id = id;
        AppendWaiters = new WaiterList(segments.Platform.Work);
    }

    /// <summary>Where who reads takes a slot, under which memory stays mapped.</summary>
    public ReaderEpochs Readers { get; }

    /// <summary>Topic and number.</summary>
    public TopicPartition Id { get; }

    /// <summary>The first offset that may be read.</summary>
    public abstract long StartOffset { get; }

    /// <summary>The offset behind the last record that may be read.</summary>
    public abstract long PublishedEnd { get; }

    /// <summary>The offset up to which everything is on the disk.</summary>
    public abstract long DurableEnd { get; }

    /// <summary>The bytes of segments that hold records, headers included.</summary>
    public abstract long SizeBytes { get; }

    /// <summary>The segments as of the last look at the published end, oldest first.</summary>
    public abstract SegmentList Segments { get; }

    /// <summary>
    /// How often records that could be read here were taken back, which only happens to who follows. It counts before
    /// anything that takes their place can be read.
    /// </summary>
    public virtual int Truncations => 0;

    /// <summary>Those who wait for the published end.</summary>
    protected WaiterList AppendWaiters { get; }

    /// <summary>Whether the log was closed.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>What they are told who still use the partition after it was closed.</summary>
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
    /// Looks anew where a segment's file is that a reader did not find; throws where there is nothing else to read.
    /// </summary>
    public virtual void FindAgain(Segment segment, long offset) =>
        throw (IsClosed ? ClosedError() : PartitionErrors.OutOfRange(Id, offset, StartOffset, PublishedEnd));

    /// <summary>
    /// Whether there is no record at an offset after all, where a reader found nothing though it was told of one; which
    /// only happens to who follows.
    /// </summary>
    public virtual bool EndsAt(Segment segment, long offset) => false;

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

    /// <summary>The segment that holds an offset, or null where nothing was appended yet.</summary>
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
    /// The frame, or the bad place, that holds an offset, read from the segment's file; false where the segment does
    /// not reach that far.
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

    /// <summary>Adds somebody to be released once the published end reaches the waiter's target.</summary>
    public void AddAppendWaiter(OffsetWaiter waiter)
    {
        AppendWaiters.Add(waiter);
        LookAfterAdding();
    }

    /// <summary>Removes a waiter; false if it was released or is being released.</summary>
    public bool RemoveAppendWaiter(OffsetWaiter waiter) => AppendWaiters.Remove(waiter);

    /// <summary>Called when somebody was added who waits for the published end.</summary>
    protected virtual void OnWaiting()
    {
    }

    /// <summary>Lets nobody read any more and fails those who wait. Segments are for the caller to remove.</summary>
    protected void CloseToReaders(Exception reason)
    {
        Volatile.Write(ref _closed, true);
        AppendWaiters.Fail(reason);
    }

    private void LookAfterAdding()
    {
        // An append publishes first and looks for waiters then, with no fence in between. This one makes up for it:
        // either the append sees the waiter, or this thread sees what it has published. The same goes for closing.
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
