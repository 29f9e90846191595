using EmbeddedLog.IO;
using EmbeddedLog.Segments.Index;

namespace EmbeddedLog.Segments.Writing;

/// <summary>
/// A segment's file that was made ahead: it has its name, its first blocks and its map, but no header yet.
/// </summary>
/// <param name="Sequence">The number in the file's name.</param>
/// <param name="Path">The file.</param>
/// <param name="File">The file, open.</param>
/// <param name="Map">The whole segment, writable unless appends are positional.</param>
/// <param name="Allocated">How many bytes have blocks.</param>
/// <param name="Capacity">The segment's size limit.</param>
/// <param name="Positional">Whether appends are positional writes.</param>
/// <param name="ForBulk">Whether its first pages are large ones and ready.</param>
internal sealed record SpareSegment(
    uint Sequence,
    string Path,
    LogFile File,
    MappedMemory Map,
    long Allocated,
    long Capacity,
    bool Positional,
    bool ForBulk)
{
    /// <summary>Its index, still empty.</summary>
    public SegmentIndex Index { get; } = ForBulk ? SegmentIndex.WithRoomFor(Capacity) : new SegmentIndex();

    /// <summary>
    /// Whether the file's name has reached the disk. Set by the preparer before the spare is handed over.
    /// </summary>
    public bool NameIsDurable { get; set; }
}
