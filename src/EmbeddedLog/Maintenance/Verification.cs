using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Storage;

namespace EmbeddedLog.Maintenance;

/// <summary>
/// Checks everything that a log has on the disk while it is used. It reads files of its own opening and takes no lock
/// that an append waits for longer than a copy of the list of segments takes.
/// </summary>
internal sealed class Verification
{
    private const long MaxSliceBytes = 1 << 20;
    private const long MinSliceBytes = 64 << 10;

    private readonly Platform _platform;
    private readonly VerifyOptions _options;
    private readonly IProgress<VerifyProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly VerifyFindings _findings = new();
    private readonly long _began;
    private long _totalBytes;
    private int _partitions;

    private Verification(
        Platform platform,
        VerifyOptions options,
        IProgress<VerifyProgress>? progress,
        CancellationToken cancellation)
    {
        _platform = platform;
        _options = options;
        _progress = progress;
        _cancellation = cancellation;
        _began = platform.Time.GetTimestamp();
    }

    /// <summary>Verifies a log, away from the caller's thread.</summary>
    /// <param name="platform">The seam.</param>
    /// <param name="directory">The log's directory.</param>
    /// <param name="targets">All topics, and the committed offsets.</param>
    /// <param name="options">Valid options.</param>
    /// <param name="progress">Told after each slice; or null.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="NotSupportedException">The file system cannot be read past the page cache.</exception>
    public static async Task<VerifyReport> RunAsync(
        Platform platform,
        LogDirectory directory,
        IReadOnlyList<VerifyTarget> targets,
        VerifyOptions options,
        IProgress<VerifyProgress>? progress,
        CancellationToken cancellation)
    {
        Verification run = new(platform, options, progress, cancellation);
        await run.YieldAsync().ConfigureAwait(false);
        try
        {
            run.CheckThatCacheCanBeBypassed(directory);
            run.CheckSession(directory);
            run._totalBytes = targets.Sum(target => target.Partitions.Sum(partition => partition.SizeBytes));
            foreach (VerifyTarget target in targets)
            {
                await run.CheckAsync(target).ConfigureAwait(false);
            }
        }
        catch (FileSystemException failure)
        {
            throw StorageErrors.Translate(failure);
        }

        return run._findings.ToReport(run._partitions, platform.Time.GetElapsedTime(run._began));
    }

    private void CheckThatCacheCanBeBypassed(LogDirectory directory)
    {
        if (!_options.BypassPageCache)
        {
            return;
        }

        using LogFile? file = _platform.Files.TryOpenPastCache(Path.Combine(directory.Path, SessionFile.FileName));
        if (file is null)
        {
            throw new NotSupportedException(
                $"'{directory.Path}' is on {directory.Traits.Name}, which cannot be read past the page cache here. "
                + $"Verify without {nameof(VerifyOptions)}.{nameof(VerifyOptions.BypassPageCache)}.");
        }
    }

    private void CheckSession(LogDirectory directory)
    {
        string path = Path.Combine(directory.Path, SessionFile.FileName);
        _findings.Run(null, () => SlotsCheck.Run(
            _platform.Files, path, Session.Magic, directory.SessionGeneration, null, _findings));
    }

    private async Task CheckAsync(VerifyTarget target)
    {
        int before = _findings.Count;
        _findings.Run(null, target.CheckDescription);
        foreach (PartitionLog partition in target.Partitions)
        {
            _cancellation.ThrowIfCancellationRequested();
            CheckSmallFiles(partition);
            if (partition.IsClosed)
            {
                // The topic was deleted meanwhile, or the log is being closed: what is missing is no damage.
                _findings.BackTo(before);
                return;
            }

            await CheckSegmentsAsync(partition).ConfigureAwait(false);
            _partitions++;
            before = _findings.Count;
        }
    }

    private void CheckSmallFiles(PartitionLog partition)
    {
        FileSystem files = _platform.Files;
        PartitionFiles known = partition.Files;
        _findings.Run(partition.Id, () => ManifestCheck.Run(files, known.Manifest, partition.TopicUid, partition.Id));
        string checkpoint = Path.Combine(partition.Directory, CheckpointFile.FileName);
        _findings.Run(partition.Id, () => SlotsCheck.Run(
            files, checkpoint, Checkpoint.Magic, known.Checkpoint.Generation, partition.Id, _findings));
    }

    private async Task CheckSegmentsAsync(PartitionLog partition)
    {
        Segment[] segments = [.. partition.Segments.Items];
        foreach (Segment segment in segments)
        {
            bool hasRecords = !segment.IsEmpty
                && segment.BaseOffset < (_options.BypassPageCache ? partition.DurableEnd : partition.PublishedEnd);
            if (hasRecords && !segment.IsRemoved)
            {
                await CheckSegmentAsync(partition, segment).ConfigureAwait(false);
            }
        }
    }

    private async Task CheckSegmentAsync(PartitionLog partition, Segment segment)
    {
        int before = _findings.Count;
        SegmentCheck? check = null;
        bool isMore = true;
        try
        {
            _findings.Run(partition.Id, () => check = new SegmentCheck(
                _platform.Files, partition, segment, _options.BypassPageCache, _findings));
            while (check is not null && isMore && !segment.IsRemoved)
            {
                long from = check.Position;
                isMore = check.Step(SliceBytes);
                _findings.Bytes += check.Position - from;
                _progress?.Report(
                    new VerifyProgress(partition.Id, _findings.Bytes, _totalBytes, _findings.Count));
                await PaceAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            check?.Dispose();
        }

        if (segment.IsRemoved)
        {
            _findings.BackTo(before);
            _findings.RemovedSegments += isMore ? 1 : 0;
        }
    }

    private long SliceBytes => _options.MaxBytesPerSecond is { } rate
        ? Math.Clamp(rate / 8, MinSliceBytes, MaxSliceBytes)
        : MaxSliceBytes;

    /// <summary>Lets others run, and waits where what was read is ahead of the rate.</summary>
    private async Task PaceAsync()
    {
        _cancellation.ThrowIfCancellationRequested();
        if (_options.MaxBytesPerSecond is { } rate)
        {
            TimeSpan wait = TimeSpan.FromSeconds((double)_findings.Bytes / rate)
                - _platform.Time.GetElapsedTime(_began);
            if (wait >= TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(wait, _platform.Time, _cancellation).ConfigureAwait(false);
            }
        }

        await YieldAsync().ConfigureAwait(false);
    }

    private Task YieldAsync()
    {
        Turn turn = new();
        _platform.Work.Queue(turn);
        return turn.Task;
    }

    /// <summary>Goes on with what awaits it when its turn comes, on the thread of the queue.</summary>
    private sealed class Turn : TaskCompletionSource, IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute() => SetResult();
    }
}
