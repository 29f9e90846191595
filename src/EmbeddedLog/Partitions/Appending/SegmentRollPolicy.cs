using System.Runtime.CompilerServices;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>
/// Decides when the segment that is written to ends: when the next frame does not fit, or when its first record is too
/// old. Retention also ends one, by <see cref="PartitionWriter.Roll"/>, where all of it has expired.
/// </summary>
internal static class SegmentRollPolicy
{
    /// <summary>Whether the next frame goes to another segment.</summary>
    /// <param name="writer">The segment that is written to.</param>
    /// <param name="paddedLength">The frame's length.</param>
    /// <param name="startedAt">When its first record was appended.</param>
    /// <param name="now">The time, in the same unit.</param>
    /// <param name="nextOffset">The offset of the next record.</param>
    /// <param name="settings">The limits of size and age.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Ends(
        SegmentWriter writer,
        int paddedLength,
        long startedAt,
        long now,
        long nextOffset,
        PartitionSettings settings) =>
        !writer.HasRoomFor(paddedLength, settings.SegmentBytes)
        || (now - startedAt >= settings.SegmentAgeMilliseconds && nextOffset > writer.Segment.BaseOffset);
}
