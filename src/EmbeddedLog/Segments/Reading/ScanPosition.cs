using EmbeddedLog.Format.Frames;

namespace EmbeddedLog.Segments.Reading;

/// <summary>Where a scan goes on. It holds no pointer, so it stays valid across awaits.</summary>
/// <param name="Segment">The segment, or null to find it by the offset.</param>
/// <param name="Position">The position in the segment of the next frame, or of the one that holds the next
/// offset.</param>
/// <param name="NextOffset">The offset of the next record.</param>
/// <param name="Batch">
/// The rest of a batch in which the scan has stopped, as if the segment were mapped at address zero. Without it, each
/// of many short scans would check the whole batch and walk it from its beginning.
/// </param>
internal readonly record struct ScanPosition(
    Segment? Segment, long Position, long NextOffset, BatchFrame Batch = default)
{
    /// <summary>A position of which only the offset is known.</summary>
    public static ScanPosition At(long offset) => new(null, 0, offset);
}
