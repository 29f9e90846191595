using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.State;

namespace EmbeddedLog.Partitions.Flushing;

/// <summary>
/// Writes checkpoints of the durable end, which bound the work of a recovery. Only the flusher uses it.
/// </summary>
internal sealed class CheckpointWriter
{
    private readonly PartitionState _state;
    private readonly PartitionPlace _place;
    private readonly PartitionFiles _files;
    private readonly CheckpointSchedule _schedule;
    private readonly TimeProvider _time;
    private readonly uint _epoch;

    /// <summary>The durable end in the last checkpoint.</summary>
    private DurablePoint _written;

    /// <summary>The start of the log in it, or an earlier one.</summary>
    private long _writtenStart;

    /// <param name="state">The partition.</param>
    /// <param name="place">Where its directory must be.</param>
    /// <param name="files">Its small files.</param>
    /// <param name="schedule">Reports pauses of appends.</param>
    /// <param name="time">The clock.</param>
    /// <param name="epoch">The epoch of new records.</param>
    /// <param name="durable">The durable end in the checkpoint after the opening.</param>
    public CheckpointWriter(
        PartitionState state,
        PartitionPlace place,
        PartitionFiles files,
        CheckpointSchedule schedule,
        TimeProvider time,
        uint epoch,
        in DurablePoint durable)
    {
        _state = state;
        _place = place;
        _files = files;
        _schedule = schedule;
        _time = time;
        _epoch = epoch;
        _written = durable;
        _writtenStart = state.LogStart;
    }

    /// <summary>Whether a checkpoint is due: by bytes, or because of a pause, which counts once.</summary>
    public bool IsDue(in DurablePoint durable)
    {
        const long MaxBytes = 16 << 20;
        return (durable != _written || _state.LogStart != _writtenStart)
            && (durable.Position - _written.Position >= MaxBytes || _schedule.TakeRequest());
    }

    /// <summary>Writes a checkpoint if it differs from the last one.</summary>
    /// <exception cref="LogDirectoryException">The directory is gone.</exception>
    /// <exception cref="FileSystemException">It failed; for good if that was a flush.</exception>
    public void Write(in DurablePoint durable, bool clean)
    {
        if (_place.FindGone() is { } gone)
        {
            throw gone;
        }

        // A start in a checkpoint must be in the manifest on the disk: a lower one there counts as damage.
        long start = _state.LogStart;
        _files.Manifest.Flush();
        ulong generation = _files.Checkpoint.Generation;
        Checkpoint next = new(
            generation, durable.Offset, durable.Sequence, durable.Uid, durable.Position, start, _epoch, clean);

        // If they are equal, the opening took it from a clean close, or wrote it, so it is on the disk.
        if (_files.Checkpoint.Current is not { } last || last with { WrittenAt = 0 } != next)
        {
            _files.Checkpoint.Write(next with { WrittenAt = _time.GetUtcNow().ToUnixTimeMilliseconds() });
        }

        _written = durable;
        _writtenStart = start;
    }

    /// <summary>Tries a failed checkpoint again when appends pause.</summary>
    public void WriteLater() => _schedule.Schedule();
}
