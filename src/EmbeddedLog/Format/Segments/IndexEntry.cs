namespace EmbeddedLog.Format.Segments;

/// <summary>
/// One sample of a segment's sparse index: the offset at a position, and the greatest timestamp before it.
/// </summary>
/// <param name="RelativeOffset">The offset of the frame at the position, less the segment's base offset.</param>
/// <param name="Position">Where the frame begins in the segment's file, in bytes.</param>
/// <param name="MaxTimestampBefore">
/// The greatest timestamp of all records before the position, in Unix milliseconds; <see cref="long.MinValue"/> for
/// none.
/// </param>
internal readonly record struct IndexEntry(uint RelativeOffset, uint Position, long MaxTimestampBefore);
