using EmbeddedLog.Files;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions.State;

/// <summary>A partition at one moment.</summary>
/// <param name="Segments">Its segments.</param>
/// <param name="End">Where its records end. Published, but perhaps not durable yet.</param>
/// <param name="LogStart">The first offset that can be read.</param>
internal readonly record struct CapturedPartition(SegmentList Segments, DurablePoint End, long LogStart)
{
    /// <summary>Captures it, under the append lock.</summary>
    /// <param name="state">The partition.</param>
    /// <param name="tail">Where the active segment ends; null if there is none.</param>
    public static CapturedPartition Of(PartitionState state, long? tail)
    {
        SegmentList segments = state.Segments;
        DurablePoint end = segments.Last is { } last
            ? new DurablePoint(state.PublishedEnd, last.Entry.Sequence, last.Entry.Uid, tail ?? last.EndPosition)
            : new DurablePoint(state.PublishedEnd, 0, 0, 0);
        return new CapturedPartition(segments, end, state.LogStart);
    }
}
