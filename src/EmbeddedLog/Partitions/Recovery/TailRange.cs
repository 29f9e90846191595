using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions.Recovery;

/// <summary>Consecutive frames that recovery found good.</summary>
/// <param name="Segment">Their segment.</param>
/// <param name="From">The position of the first frame.</param>
/// <param name="To">The position behind the last one.</param>
internal readonly record struct TailRange(Segment Segment, long From, long To);
