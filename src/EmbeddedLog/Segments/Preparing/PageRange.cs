using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Segments.Preparing;

/// <summary>Pages ahead of a writer, to be made ready.</summary>
/// <param name="Writer">The writer.</param>
/// <param name="From">The first position.</param>
/// <param name="To">The position behind the last.</param>
/// <param name="Large">Whether they may be large pages.</param>
internal sealed record PageRange(MappedSegmentWriter Writer, long From, long To, bool Large);
