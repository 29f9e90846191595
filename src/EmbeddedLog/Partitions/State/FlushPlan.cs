using EmbeddedLog.Files;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.State;

/// <summary>What one flush has to do, taken in a moment under the append lock and reused from flush to flush.</summary>
internal sealed class FlushPlan
{
    /// <summary>The writers with bytes to flush, oldest first, each with the tail to flush up to.</summary>
    public List<(SegmentWriter Writer, long Tail)> Targets { get; } = [];

    /// <summary>How many bytes there are to flush.</summary>
    public long Bytes { get; set; }

    /// <summary>The end of the log when the plan was made: durable once the plan is carried out.</summary>
    public DurablePoint End { get; set; }

    /// <summary>Whether the directory has names that may not have reached the disk.</summary>
    public bool SyncDirectory { get; set; }
}
