using EmbeddedLog.Files;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.State;

/// <summary>The work of one flush, planned under the append lock in a moment. Reused from flush to flush.</summary>
internal sealed class FlushPlan
{
    /// <summary>The writers with bytes to flush, oldest first, each with the tail to flush up to.</summary>
    public List<(SegmentWriter Writer, long Tail)> Targets { get; } = [];

    /// <summary>The bytes to flush.</summary>
    public long Bytes { get; set; }

    /// <summary>The end of the log when the plan was made: durable when the plan was carried out.</summary>
    public DurablePoint End { get; set; }

    /// <summary>Whether names in the directory may be missing on the disk.</summary>
    public bool SyncDirectory { get; set; }
}
