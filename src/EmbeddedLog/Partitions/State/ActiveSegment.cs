using EmbeddedLog.Segments.Index;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.State;

/// <summary>A segment that recovery found fit to be written on.</summary>
/// <param name="Writer">Appends to it.</param>
/// <param name="Index">Goes on with its index.</param>
/// <param name="StartedAt">When its first record was appended, as far as is known, in Unix milliseconds.</param>
internal sealed record ActiveSegment(SegmentWriter Writer, SegmentIndexBuilder Index, long StartedAt);
