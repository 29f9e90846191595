using System.Diagnostics.CodeAnalysis;
using EmbeddedLog.Errors;
using EmbeddedLog.Files;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions.State;

/// <summary>
/// What a partition's writer tells its readers. All of it is written under the append lock and read without it.
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

    /// <summary>Where followers read the published end.</summary>
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

    /// <summary>What followers are told.</summary>
    public ControlSlot Slot { get; }

    /// <summary>The segments, oldest first.</summary>
    public SegmentList Segments
    {
        get => Volatile.Read(ref _segments);
        set => Volatile.Write(ref _segments, value);
    }

    /// <summary>The offset behind the last record that may be read, and of the next one to be appended.</summary>
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
    /// Whether the topic was deleted. Set before the partition is closed for it, under no lock: it only chooses what
    /// those who come later are told.
    /// </summary>
    public bool IsDeleted
    {
        get => Volatile.Read(ref _deleted);
        set => Volatile.Write(ref _deleted, value);
    }

    /// <summary>What they are told who still use the partition after it was closed.</summary>
    public Exception ClosedError(TopicPartition id) =>
        IsDeleted ? PartitionErrors.Deleted(id) : SharedErrors.Disposed();

    /// <summary>
    /// What those who append are told once nothing can be appended: an exception that is theirs alone.
    /// </summary>
    public Exception UnusableError(TopicPartition id) => Failure is { } failure
        ? new PartitionFailedException(failure.Message, failure.InnerException)
        {
            Topic = failure.Topic,
            Partition = failure.Partition,
        }
        : ClosedError(id);

    /// <summary>
    /// The offset behind the last record of an epoch, as far as it survived: what was committed beyond it in that epoch
    /// was lost, and its offsets were given to other records.
    /// </summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="current">The epoch of what is appended now.</param>
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

    /// <summary>Why nothing can be appended any more, or null. Once set it stays.</summary>
    [DisallowNull]
    public EmbeddedLogException? Failure
    {
        get => Volatile.Read(ref _failure);
        set => Volatile.Write(ref _failure, value);
    }
}
