using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.State;

namespace EmbeddedLog.Partitions.Flushing;

/// <summary>
/// Writes checkpoints of what was flushed, which bound what a recovery has to look at. Only the flusher uses it.
/// </summary>
internal sealed class CheckpointWriter
{
    private readonly PartitionState _state;
    private readonly PartitionPlace _place;
    private readonly PartitionFiles _files;
    private readonly CheckpointSchedule _schedule;
    private readonly TimeProvider _time;
    private readonly uint _epoch;

    /// <summary>What the last checkpoint says.</summary>
    private DurablePoint _written;

    /// <summary>The start of the log that it tells of, or an earlier one.</summary>
    private long _writtenStart;

    /// <param name="state">The partition.</param>
    /// <param name="place">Where its directory must be.</param>
    /// <param name="files">Its small files.</param>
    /// <param name="schedule">Says when appends pause.</param>
    /// <param name="time">The clock.</param>
    /// <param name="epoch">The epoch of what is appended now.</param>
    /// <param name="durable">What the checkpoint says that the opening has left.</param>
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

    /// <summary>
    /// Whether one is due: by bytes, or because one was asked for as appends paused, for which it is asked once.
    /// </summary>
    public bool IsDue(in DurablePoint durable)
    {
        const long MaxBytes = 16 << 20;
        return (durable != _written || _state.LogStart != _writtenStart)
            && (durable.Position - _written.Position >= MaxBytes || _schedule.TakeRequest());
    }

    /// <summary>Writes one where that is not what the last one says.</summary>
    /// <exception cref="LogDirectoryException">The directory is gone.</exception>
    /// <exception cref="FileSystemException">It failed: for good where that was a flush.</exception>
    public void Write(in DurablePoint durable, bool clean)
    {
        if (_place.FindGone() is { } gone)
        {
            throw gone;
        }

        // A start that the checkpoint tells of is in the manifest, on the disk: a lower one there is damage.
        long start = _state.LogStart;
        _files.Manifest.Flush();
        ulong generation = _files.Checkpoint.Generation;
        Checkpoint next = new(
            generation, durable.Offset, durable.Sequence, durable.Uid, durable.Position, start, _epoch, clean);

        // Where they are equal, the opening took it from a clean close, or wrote it: it is on the disk.
        if (_files.Checkpoint.Current is not { } last || last with { WrittenAt = 0 } != next)
        {
            _files.Checkpoint.Write(next with { WrittenAt = _time.GetUtcNow().ToUnixTimeMilliseconds() });
        }

        _written = durable;
        _writtenStart = start;
    }

    /// <summary>Has one that could not be written tried again once appends pause.</summary>
    public void WriteLater() => _schedule.Schedule();
}
