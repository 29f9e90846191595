using EmbeddedLog.Concurrency;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Partitions;

/// <summary>
/// Removes records from a partition's beginning: the start of the log moves at once, then the new start is made
/// durable, and only then the files of whole segments go.
/// </summary>
internal sealed class PartitionTrimmer
{
    private readonly PartitionIdentity _identity;
    private readonly PartitionState _state;
    private readonly PartitionPlace _place;
    private readonly Manifest _manifest;
    private readonly PartitionWriter _writer;
    private readonly IFlushControl _control;
    private readonly FileSystem _files;
    private readonly ILogger _logger;

    /// <summary>A logger for use under a lock.</summary>
    private readonly ILogger _loggerUnderLock;
    private readonly PartitionTelemetry _telemetry;

    /// <summary>Keeps the partition's small files open while records are being removed.</summary>
    private readonly CallTracker _calls = new();

    /// <summary>Dropped segments whose files wait for the new start to be durable. Locked while it is used.</summary>
    private readonly Queue<Segment> _dropped = new();

    /// <summary>The sequence of the segment that was dropped last. Under the same lock.</summary>
    private uint _lastDropped;

    /// <summary>
    /// Files of removed segments that could not be deleted: on Windows a lease or a follower may have mapped them.
    /// Their numbers are never used again. Locked while it is used.
    /// </summary>
    private readonly List<string> _undeleted = [];

    /// <param name="identity">The partition.</param>
    /// <param name="state">Its state.</param>
    /// <param name="place">Where its directory must be.</param>
    /// <param name="manifest">Its list of segments.</param>
    /// <param name="writer">Moves the start.</param>
    /// <param name="control">Starts flushes and checkpoints.</param>
    /// <param name="files">Deletes files.</param>
    /// <param name="logger">Logs removals.</param>
    /// <param name="loggerUnderLock">A logger for use under a lock.</param>
    /// <param name="telemetry">Counts removals.</param>
    public PartitionTrimmer(
        PartitionIdentity identity,
        PartitionState state,
        PartitionPlace place,
        Manifest manifest,
        PartitionWriter writer,
        IFlushControl control,
        FileSystem files,
        ILogger logger,
        ILogger loggerUnderLock,
        PartitionTelemetry telemetry)
    {
        _telemetry = telemetry;
        _identity = identity;
        _state = state;
        _place = place;
        _manifest = manifest;
        _writer = writer;
        _control = control;
        _files = files;
        _logger = logger;
        _loggerUnderLock = loggerUnderLock;
    }

    /// <summary>
    /// Removes the records below an offset, as far as they are durable: the start of the log moves at once, files go
    /// segment by segment. For records that are not durable yet it requests a flush; call again afterwards.
    /// </summary>
    /// <returns>How many segments were removed.</returns>
    /// <exception cref="PartitionFailedException">The new start could not be made durable.</exception>
    public int DeleteBefore(long offset)
    {
        if (!_calls.TryEnter())
        {
            return 0;
        }

        long start = _state.LogStart;
        try
        {
            int removed = MoveStart(offset);
            if (_state.LogStart != start)
            {
                // A checkpoint with the new start lets a later opening notice that a manifest has lost it.
                _control.RequestCheckpoint();
            }

            return removed;
        }
        finally
        {
            _calls.Exit();
        }
    }

    /// <summary>Fails the partition if its directory is gone; deletes files that could not be deleted before.</summary>
    public void TendFiles()
    {
        if (!_calls.TryEnter())
        {
            return;
        }

        try
        {
            if (_state.Failure is null && _place.FindGone() is { } gone)
            {
                // No later opening will find what it flushes.
                _writer.Fail(gone);
            }

            DeleteUndeleted();
        }
        finally
        {
            _calls.Exit();
        }
    }

    /// <summary>
    /// Deletes the files of removed segments that could not be deleted before; the rest is left for later.
    /// </summary>
    public void DeleteUndeleted()
    {
        lock (_undeleted)
        {
            _undeleted.RemoveAll(path => TryDelete(path) is null);
        }
    }

    /// <summary>Removes nothing from now on; completes when no removal is under way.</summary>
    public Task StopAsync() => _calls.CloseAsync();

    private int MoveStart(long offset)
    {
        // The start never overtakes the durable end: a power loss would leave a log that ends before it starts.
        long durable = _control.DurableEnd;
        if (offset > durable)
        {
            _control.RequestFlush();
        }

        long start = _state.LogStart;
        Segment[] gone = _writer.Start.Run(Math.Min(offset, durable));
        uint? last;
        lock (_dropped)
        {
            Array.ForEach(gone, segment => segment.Remove());
            Array.ForEach(gone, _dropped.Enqueue);
            _lastDropped = gone.Length > 0 ? gone[^1].Entry.Sequence : _lastDropped;
            last = _dropped.Count > 0 ? _lastDropped : null;
        }

        if (_state.LogStart == start && (last is null || _state.Failure is not null))
        {
            return 0;
        }

        try
        {
            // The new start must be on the disk before the first file goes, because a power loss would leave a log with
            // a hole otherwise. It is also flushed if no file goes: removed records must not come back.
            _manifest.Flush();
        }
        catch (FileSystemException failure) when (!failure.IsFailedFlush)
        {
            // The next checkpoint tries again, and the files go with the next call.
            _control.RequestCheckpoint();
            throw FileErrors.Translate(failure, _identity.Id, isOpen: true);
        }
        catch (FileSystemException failure)
        {
            // The manifest cannot be written any more, so no further segment could be begun either.
            throw _writer.Fail(failure);
        }

        if (last is not null)
        {
            DeleteDropped(last.Value);
        }

        if (gone.Length == 0)
        {
            return 0;
        }

        StorageLog.Retained(_logger, gone.Length, _identity.Id, _state.LogStart);
        _telemetry.NoteRemoved(gone.Length);
        return gone.Length;
    }

    /// <summary>Deletes the files of dropped segments up to one, those of earlier calls that failed included.</summary>
    private void DeleteDropped(uint last)
    {
        List<Segment> removed = [];
        lock (_dropped)
        {
            while (_dropped.TryPeek(out Segment? segment) && segment.Entry.Sequence <= last)
            {
                removed.Add(_dropped.Dequeue());
            }
        }

        _writer.Start.GiveUp([.. removed]);
        foreach (Segment segment in removed)
        {
            Delete(segment.Path);
            Delete(segment.IndexPath);
        }
    }

    private void Delete(string path)
    {
        if (TryDelete(path) is not { } failure)
        {
            return;
        }

        // Logged once, however often it is tried again.
        StorageLog.NotDeleted(_loggerUnderLock, failure, path);
        lock (_undeleted)
        {
            _undeleted.Add(path);
        }
    }

    /// <summary>Deletes a file; the failure if it cannot.</summary>
    private FileSystemException? TryDelete(string path)
    {
        try
        {
            _files.DeleteFile(path);
            return null;
        }
        catch (FileSystemException failure)
        {
            return failure;
        }
    }
}
