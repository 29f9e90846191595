using EmbeddedLog.Segments.Index;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.State;

/// <summary>A segment in which appends go on after an opening.</summary>
/// <param name="Writer">Appends to it.</param>
/// <param name="Index">Continues its index.</param>
/// <param name="StartedAt">When its first record was appended, as
/// far as known, in Unix milliseconds.</param>
internal sealed record ActiveSegment(SegmentWriter Writer, SegmentIndexBuilder Index, long StartedAt);
