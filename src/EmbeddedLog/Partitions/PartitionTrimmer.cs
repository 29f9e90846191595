using EmbeddedLog.Concurrency;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions;

/// <summary>
/// Removes records from a partition's beginning: the start of the log moves at once, then the new start is made
/// durable, and only then the files of whole segments go.
/// </summary>
internal sealed class PartitionTrimmer
{
    private readonly PartitionLog _log;

    /// <summary>Keeps the partition's small files open while records are being removed.</summary>
    private readonly CallGate _calls = new();

    /// <summary>Dropped segments whose files wait for the new start to be durable. Locked while it is used.</summary>
    private readonly Queue<Segment> _dropped = new();

    /// <summary>The sequence of the one that was added to them last. Under their lock.</summary>
    private uint _lastDropped;

    /// <summary>
    /// Files of segments that are gone, whose numbers are never given again, which could not be deleted: on Windows one
    /// that a lease or a follower has mapped. Locked while it is used.
    /// </summary>
    private readonly List<string> _undeleted = [];

    public PartitionTrimmer(PartitionLog log) => _log = log;

    /// <inheritdoc cref="PartitionLog.DeleteBefore"/>
    public int DeleteBefore(long offset)
    {
        if (!_calls.TryEnter())
        {
            return 0;
        }

        try
        {
            return MoveStart(offset);
        }
        finally
        {
            _calls.Exit();
        }
    }

    /// <inheritdoc cref="PartitionLog.TendFiles"/>
    public void TendFiles()
    {
        if (!_calls.TryEnter())
        {
            return;
        }

        try
        {
            if (_log.Failure is null && _log.FindGone() is { } gone)
            {
                // Nobody will find what it flushes.
                _log.Fail(gone);
            }

            DeleteUndeleted();
        }
        finally
        {
            _calls.Exit();
        }
    }

    /// <summary>
    /// Deletes the files of removed segments that could not be deleted before; what still cannot is left for later.
    /// </summary>
    public void DeleteUndeleted()
    {
        lock (_undeleted)
        {
            _undeleted.RemoveAll(path => TryDelete(path) is null);
        }
    }

    /// <summary>Removes nothing from now on; completes when nobody is removing anything.</summary>
    public Task StopAsync() => _calls.CloseAsync();

    private int MoveStart(long offset)
    {
        // The start never overtakes the durable end: a power loss would leave a log that ends before it starts.
        long durable = _log.DurableEnd;
        if (offset > durable)
        {
            _log.RequestFlush();
        }

        long start = _log.StartOffset;
        Segment[] gone = _log.Writer.MoveLogStart(Math.Min(offset, durable));
        uint? last;
        lock (_dropped)
        {
            Array.ForEach(gone, segment => segment.Remove());
            Array.ForEach(gone, _dropped.Enqueue);
            _lastDropped = gone.Length > 0 ? gone[^1].Entry.Sequence : _lastDropped;
            last = _dropped.Count > 0 ? _lastDropped : null;
        }

        if (_log.StartOffset == start && (last is null || _log.Failure is not null))
        {
            return 0;
        }

        try
        {
            // The new start is on the disk before the first file goes, or a power loss would leave a log with a hole.
            // So it is where no file goes: what was removed must not come back.
            _log.FlushManifest();
        }
        catch (FileSystemException failure) when (!failure.IsFailedFlush)
        {
            // The next checkpoint tries again, and the files go with the next call.
            _log.RequestCheckpoint();
            throw FileErrors.Translate(failure, _log.Id, isOpen: true);
        }
        catch (FileSystemException failure)
        {
            // The manifest cannot be written any more, so no further segment could be begun either.
            throw _log.Fail(failure);
        }

        if (last is not null)
        {
            DeleteDropped(last.Value);
        }

        if (gone.Length == 0)
        {
            return 0;
        }

        StorageLog.Retained(_log.Context.Logger, gone.Length, _log.Id, _log.StartOffset);
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

        _log.Writer.GiveUp([.. removed]);
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

        // Told once, however often it is tried again.
        StorageLog.NotDeleted(_log.Context.LoggerUnderLock, failure, path);
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
            _log.Context.Platform.Files.DeleteFile(path);
            return null;
        }
        catch (FileSystemException failure)
        {
            return failure;
        }
    }
}
