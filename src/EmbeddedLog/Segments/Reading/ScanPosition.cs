using EmbeddedLog.Format.Frames;


namespace EmbeddedLog.Segments.Reading;

/// <summary>Where a scan goes on: good across awaits, since it holds no pointer.</summary>
/// <param name="Segment">The segment to go on in, or null to look it up by the offset.</param>
/// <param name="Position">The position in the segment of the next frame, or of the one that holds the next
/// offset.</param>
/// <param name="NextOffset">The offset of the next record.</param>
/// <param name="Batch">
/// The rest of a batch that the scan was in the middle of, as if the segment were mapped at address zero. Without it,
/// each of many short scans would check the whole batch and walk it from its beginning.
/// </param>
internal readonly record struct ScanPosition(
    Segment? Segment, long Position, long NextOffset, BatchFrame Batch = default)
{
    /// <summary>A position that is known by its offset only.</summary>
    public static ScanPosition At(long offset) => new(null, 0, offset);
}
