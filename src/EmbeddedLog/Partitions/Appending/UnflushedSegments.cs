using EmbeddedLog.Files;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Preparing;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>
/// A partition's segments with bytes that may not be flushed, oldest first; the last one is the active one. All members
/// are used under the append lock.
/// </summary>
internal sealed class UnflushedSegments
{
    private readonly List<SegmentWriter> _writers = [];

    /// <summary>Whether names of segments may be missing on the disk.</summary>
    private bool _namesUnsynced;

    /// <summary>The active segment; null if there is none.</summary>
    public SegmentWriter? Last => _writers.Count == 0 ? null : _writers[^1];

    /// <summary>Adds the new active segment.</summary>
    public void AddUnsynchronized(SegmentWriter writer, bool nameIsDurable)
    {
        _writers.Add(writer);
        _namesUnsynced |= !nameIsDurable;
    }

    /// <summary>Whether those that are not flushed, the one just ended among them, may wait.</summary>
    public bool CanWaitUnsynchronized(PartitionSettings settings) =>
        EndedSegmentFlushPolicy.CanWaitForFlush(_writers, settings);

    /// <summary>Plans a flush up to the present tails. There is an active segment.</summary>
    public void PlanUnsynchronized(FlushPlan plan, long end)
    {
        SegmentWriter last = _writers[^1];
        plan.End = new DurablePoint(end, last.Segment.Entry.Sequence, last.Segment.Entry.Uid, last.Tail);
        foreach (SegmentWriter writer in _writers)
        {
            plan.Targets.Add((writer, writer.Tail));
            plan.Bytes += writer.Tail - writer.FlushedEnd;
        }

        plan.SyncDirectory = _namesUnsynced;
    }

    /// <summary>
    /// Notes that a plan was carried out; segments that have ended and are flushed close their files.
    /// </summary>
    public void NoteFlushedUnsynchronized(FlushPlan plan, SegmentWriter? current, SegmentPreparer preparer)
    {
        _namesUnsynced &= !plan.SyncDirectory || current!.Segment.Entry.Sequence != plan.End.Sequence;
        foreach ((SegmentWriter writer, long tail) in plan.Targets)
        {
            writer.FlushedEnd = tail;
            if (writer != current && tail == writer.Tail && _writers.Remove(writer))
            {
                writer.File.Dispose();
                preparer.Finish(writer.Segment);
            }
        }
    }

    /// <summary>Closes the files of removed segments, except the active one.</summary>
    public void GiveUpUnsynchronized(Segment[] removed)
    {
        for (int i = _writers.Count - 2; i >= 0; i--)
        {
            SegmentWriter writer = _writers[i];
            if (Array.IndexOf(removed, writer.Segment) >= 0)
            {
                _writers.RemoveAt(i);
                writer.File.Dispose();
            }
        }
    }

    /// <summary>Closes all files.</summary>
    public void CloseUnsynchronized()
    {
        foreach (SegmentWriter writer in _writers)
        {
            writer.File.Dispose();
        }

        _writers.Clear();
    }
}
