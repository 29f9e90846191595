namespace EmbeddedLog.Storage;

/// <summary>Where a scan goes on: good across awaits, since it holds no pointer.</summary>
/// <param name="Segment">The segment to go on in, or null to look it up by the offset.</param>
/// <param name="Position">The position in the segment of the next frame, or of the one that holds the next
/// offset.</param>
/// <param name="NextOffset">The offset of the next record.</param>
internal readonly record struct ScanPosition(Segment? Segment, long Position, long NextOffset)
{
    /// <summary>A position that is known by its offset only.</summary>
    public static ScanPosition At(long offset) => new(null, 0, offset);
}
