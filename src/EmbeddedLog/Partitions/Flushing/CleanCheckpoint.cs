using EmbeddedLog.Files;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Partitions.State;

namespace EmbeddedLog.Partitions.Flushing;

/// <summary>
/// The last checkpoint of a partition, which marks a clean close. Written after rounds have stopped, so that no other
/// thread flushes.
/// </summary>
internal sealed class CleanCheckpoint
{
    private readonly PartitionState _state;
    private readonly PartitionWriter _writer;
    private readonly GroupCommit _groupCommit;
    private readonly FlushExecutor _executor;
    private readonly CheckpointWriter _checkpoints;

    /// <param name="state">The partition.</param>
    /// <param name="writer">Plans the rest of the flush.</param>
    /// <param name="groupCommit">Has the durable end; stopped.</param>
    /// <param name="executor">Flushes the rest.</param>
    /// <param name="checkpoints">Writes the checkpoint.</param>
    public CleanCheckpoint(
        PartitionState state,
        PartitionWriter writer,
        GroupCommit groupCommit,
        FlushExecutor executor,
        CheckpointWriter checkpoints)
    {
        _state = state;
        _writer = writer;
        _groupCommit = groupCommit;
        _executor = executor;
        _checkpoints = checkpoints;
    }

    /// <summary>
    /// Writes it. Returns false if not everything is on the disk, so that the next opening must verify.
    /// </summary>
    public bool TryWrite()
    {
        DurablePoint durable = _groupCommit.Durable;
        if (_state.Failure is not null || durable.Offset != _state.PublishedEnd)
        {
            return false;
        }

        try
        {
            // No flush so far covers a segment that was begun after the last append, or the log's start.
            FlushPlan plan = new();
            if (_writer.TryPlanFlush(plan, last: true) && plan.End != durable)
            {
                _executor.FlushSegments(plan);
                _executor.End(plan);
                durable = plan.End;
            }

            _checkpoints.Write(durable, clean: true);
            return true;
        }
        catch (FileSystemException failure) when (!failure.IsFailedFlush)
        {
            return false;
        }
        catch (Exception failure) when (failure is IOException or EmbeddedLogException)
        {
            _writer.Fail(failure);
            return false;
        }
    }
}
