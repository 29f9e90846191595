using System.Diagnostics.CodeAnalysis;
using EmbeddedLog.Errors;
using EmbeddedLog.Files;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions.State;

/// <summary>
/// The state that a partition's writer publishes for its readers. Written under the append lock and read without it.
/// </summary>
/// <remarks>
/// Readers rely on this order: a frame is complete before its length is published; a segment's end is set, and the list
/// holds the next segment, before any of the next segment's records is published; the published end is written last.
/// </remarks>
internal sealed unsafe class PartitionState
{
    private SegmentList _segments;
    private long _publishedEnd;
    private long _logStart;
    private EmbeddedLogException? _failure;
    private bool _deleted;

    /// <summary>The published end for followers.</summary>
    private readonly long* _sharedEnd;

    public PartitionState(SegmentList segments, long publishedEnd, long logStart, ControlSlot slot)
    {
        _segments = segments;
        _publishedEnd = publishedEnd;
        _logStart = logStart;
        Slot = slot;
        _sharedEnd = slot.End;
        Volatile.Write(ref *_sharedEnd, publishedEnd);
    }

    /// <summary>The published state for followers.</summary>
    public ControlSlot Slot { get; }

    /// <summary>The segments, oldest first.</summary>
    public SegmentList Segments
    {
        get => Volatile.Read(ref _segments);
        set => Volatile.Write(ref _segments, value);
    }

    /// <summary>The offset behind the last published record, which the next append gets.</summary>
    public long PublishedEnd
    {
        get => Volatile.Read(ref _publishedEnd);
        set
        {
            Volatile.Write(ref _publishedEnd, value);
            Volatile.Write(ref *_sharedEnd, value);
        }
    }

    /// <summary>The first offset that may be read.</summary>
    public long LogStart
    {
        get => Volatile.Read(ref _logStart);
        set => Volatile.Write(ref _logStart, value);
    }

    /// <summary>
    /// Whether the topic was deleted. Set before the partition is closed for that, without a lock: it only selects the
    /// exception for later uses.
    /// </summary>
    public bool IsDeleted
    {
        get => Volatile.Read(ref _deleted);
        set => Volatile.Write(ref _deleted, value);
    }

    /// <summary>The exception for uses of the partition after it was closed.</summary>
    public Exception ClosedError(TopicPartition id) =>
        IsDeleted ? PartitionErrors.Deleted(id) : SharedErrors.Disposed();

    /// <summary>The exception for an append that fails for good: a new one for each caller.</summary>
    public Exception UnusableError(TopicPartition id) => Failure switch
    {
        CorruptLogException damage => DamageFile.Copy(damage),
        { } failure => new PartitionFailedException(failure.Message, failure.InnerException)
        {
            Topic = failure.Topic,
            Partition = failure.Partition,
        },
        null => ClosedError(id),
    };

    /// <summary>
    /// The offset behind the last record of an epoch that survived. Records behind it in that epoch were lost, and
    /// their offsets were given to others.
    /// </summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="current">The epoch of new records.</param>
    public long EndOfEpoch(uint epoch, uint current)
    {
        SegmentList segments = Segments;
        foreach (Segment segment in segments.Items)
        {
            if (segment.Entry.Epoch > epoch)
            {
                return segment.BaseOffset;
            }
        }

        return epoch < current && segments.Last is { } last && last.Entry.Epoch <= epoch
            ? last.EndOffset
            : PublishedEnd;
    }

    /// <summary>Why appends fail, or null. Once set it stays.</summary>
    [DisallowNull]
    public EmbeddedLogException? Failure
    {
        get => Volatile.Read(ref _failure);
        set => Volatile.Write(ref _failure, value);
    }
}
