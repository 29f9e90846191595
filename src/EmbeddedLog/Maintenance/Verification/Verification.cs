using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Maintenance.Verification;

/// <summary>
/// Checks everything that a log has on the disk while it is used. It opens the files itself, and takes locks of appends
/// only for a copy of the list of segments.
/// </summary>
internal sealed class Verification
{
    private const long MaxSliceBytes = 1 << 20;
    private const long MinSliceBytes = 64 << 10;

    /// <summary>Timers are no finer.</summary>
    private static readonly TimeSpan s_leastWait = TimeSpan.FromMilliseconds(1);

    private readonly Platform _platform;
    private readonly VerifyOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly VerifyFindings _findings = new();
    private readonly long _began;
    private long _totalBytes;
    private int _partitions;

    /// <summary>When the present slice was begun, and how many bytes had been read then.</summary>
    private (long At, long Bytes) _slice;

    /// <param name="platform">The seam.</param>
    /// <param name="options">Valid options.</param>
    /// <param name="cancellation">Ends it.</param>
    public Verification(Platform platform, VerifyOptions options, CancellationToken cancellation)
    {
        _platform = platform;
        _options = options;
        _cancellation = cancellation;
        _began = platform.Time.GetTimestamp();
    }

    /// <summary>Gets a report after each slice; or null.</summary>
    public IProgress<VerifyProgress>? Progress { get; init; }

    /// <summary>Gets each finding when it is certain; or null.</summary>
    public Action<VerifyFinding>? Settled { get => _findings.Settled; init => _findings.Settled = value; }

    /// <summary>Whether to read from the device if that can be done, and through the cache otherwise.</summary>
    public bool BypassesCacheWherePossible { get; init; }

    /// <summary>Whether segments are read from the device.</summary>
    public bool BypassesCache { get; private set; }

    /// <summary>Verifies a log, once, away from the caller's thread.</summary>
    /// <param name="directory">The log's directory.</param>
    /// <param name="getTargets">Gives all topics, and the committed offsets.</param>
    /// <exception cref="NotSupportedException">The file system cannot be read past the page cache.</exception>
    public async Task<VerifyReport> RunAsync(LogDirectory directory, Func<IReadOnlyList<VerifyTarget>> getTargets)
    {
        await YieldAsync().ConfigureAwait(false);
        try
        {
            ChooseWayToRead(directory);
            CheckSession(directory);
            _findings.Settle();
            IReadOnlyList<VerifyTarget> targets = getTargets();
            _totalBytes = targets.Sum(target => target.Partitions.Sum(
                partition => partition.IsDamaged ? 0 : partition.SizeBytes));
            _slice = (_platform.Time.GetTimestamp(), 0);
            foreach (VerifyTarget target in targets)
            {
                await CheckAsync(target).ConfigureAwait(false);
            }
        }
        catch (FileSystemException failure)
        {
            throw FileErrors.Translate(failure);
        }

        return _findings.ToReport(_partitions, _platform.Time.GetElapsedTime(_began));
    }

    private void ChooseWayToRead(LogDirectory directory)
    {
        if (!_options.BypassPageCache && !BypassesCacheWherePossible)
        {
            return;
        }

        using LogFile? file = _platform.Files.TryOpenPastCache(Path.Combine(directory.Path, SessionFile.FileName));
        BypassesCache = file is not null;
        if (!BypassesCache && _options.BypassPageCache)
        {
            throw new NotSupportedException(
                $"'{directory.Path}' is on {directory.Traits.Name}, which cannot be read past the page cache here. "
                + $"Verify without {nameof(VerifyOptions)}.{nameof(VerifyOptions.BypassPageCache)}.");
        }
    }

    private void CheckSession(LogDirectory directory)
    {
        string path = Path.Combine(directory.Path, SessionFile.FileName);
        _findings.Run(null, () => TwoSlotFileCheck.Run(
            _platform.Files, path, Session.Magic, directory.SessionGeneration, null, _findings));
        string closed = Path.Combine(directory.Path, ClosedFile.FileName);
        if (directory.State.Closed is not null)
        {
            _findings.Run(null, () =>
            {
                if (!ClosedFile.IsWhole(_platform.Files, closed))
                {
                    _findings.Add(new VerifyFinding(
                        null, closed, 0, "two intact copies", "one", null, null, IsHarmless: true));
                }
            });
        }
    }

    private async Task CheckAsync(VerifyTarget target)
    {
        int before = _findings.Count;
        _findings.Run(null, target.CheckDescription);
        foreach (PartitionLog partition in target.Partitions)
        {
            _cancellation.ThrowIfCancellationRequested();
            if (partition.Damage is { } damage)
            {
                // What the opening has found. Its other files are for a salvage to judge.
                _findings.Run(partition.Id, () => throw damage.Failure);
            }
            else
            {
                CheckSmallFiles(partition);
            }

            if (partition.IsClosed)
            {
                // The topic was deleted meanwhile, or the log is being closed: missing files are not damage.
                _findings.BackTo(before);
                return;
            }

            _findings.Settle();
            await CheckSegmentsAsync(partition).ConfigureAwait(false);
            await YieldAsync().ConfigureAwait(false);
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
        _findings.Run(partition.Id, () => TwoSlotFileCheck.Run(
            files, checkpoint, Checkpoint.Magic, known.Checkpoint.Generation, partition.Id, _findings));
    }

    private async Task CheckSegmentsAsync(PartitionLog partition)
    {
        Segment[] segments = [.. partition.Segments.Items];
        foreach (Segment segment in segments)
        {
            bool hasRecords = !segment.IsEmpty
                && segment.BaseOffset < (BypassesCache ? partition.DurableEnd : partition.PublishedEnd);
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
                _platform.Files, partition, segment, BypassesCache, _findings));
            while (check is not null && isMore && !segment.IsRemoved)
            {
                long from = check.Position;
                isMore = check.Step(SliceBytes);
                _findings.Bytes += check.Position - from;
                Progress?.Report(
                    new VerifyProgress(partition.Id, _findings.Bytes, _totalBytes, _findings.Count));
                await PaceAsync().ConfigureAwait(false);
            }

            if (check is { HasBadIndex: true } && !segment.IsRemoved)
            {
                MakeIndexAgain(partition, segment);
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

        _findings.Settle();
    }

    /// <summary>
    /// After a loss of power indexes may be missing or torn, because nothing flushes them. That is not damage.
    /// </summary>
    private void MakeIndexAgain(PartitionLog partition, Segment segment)
    {
        ReaderSlot slot = partition.Readers.Rent();
        slot.Enter();
        try
        {
            segment.Index.MakeAgain();
            _findings.RebuiltIndexes++;
        }
        catch (EmbeddedLogException)
        {
            // The segment was removed, or damaged since its check: a reader gets an exception.
        }
        finally
        {
            partition.Readers.Return(slot);
        }
    }

    private long SliceBytes => _options.MaxBytesPerSecond is { } rate
        ? Math.Clamp(rate / 8, MinSliceBytes, MaxSliceBytes)
        : MaxSliceBytes;

    /// <summary>
    /// Yields, and waits for the time that the rate gives to the bytes of the last slice. Lost time is not made up for:
    /// the bound also holds after a pause.
    /// </summary>
    private async Task PaceAsync()
    {
        _cancellation.ThrowIfCancellationRequested();
        if (_options.MaxBytesPerSecond is { } rate)
        {
            TimeSpan wait = TimeSpan.FromSeconds((double)(_findings.Bytes - _slice.Bytes) / rate)
                - _platform.Time.GetElapsedTime(_slice.At);
            if (wait >= s_leastWait)
            {
                // Rounded up, because a timer rounds down.
                await WaitAsync(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds))).ConfigureAwait(false);
            }

            // Times that are too short to wait for add up.
            if (wait >= s_leastWait || wait <= TimeSpan.Zero)
            {
                _slice = (_platform.Time.GetTimestamp(), _findings.Bytes);
            }
        }

        await YieldAsync().ConfigureAwait(false);
    }

    /// <summary>Waits on the clock. A cancelled delay of the framework would continue outside the seam.</summary>
    private async Task WaitAsync(TimeSpan wait)
    {
        // The timer's callback only queues the turn: a clock may call on any stack.
        Turn over = new(_platform.Work);
        Action<object?> end = static state => ((Turn)state!).Queue();
        using ITimer timer = _platform.Time.CreateTimer(end.Invoke, over, wait, Timeout.InfiniteTimeSpan);
        using CancellationTokenRegistration registration = _cancellation.UnsafeRegister(end, over);
        await over.Task.ConfigureAwait(false);
        _cancellation.ThrowIfCancellationRequested();
    }

    private Task YieldAsync()
    {
        Turn turn = new(_platform.Work);
        turn.Queue();
        return turn.Task;
    }

    /// <summary>Continues its awaiter when its turn comes, on a thread of the queue.</summary>
    private sealed class Turn : TaskCompletionSource, IThreadPoolWorkItem
    {
        /// <summary>Assured, because a closing waits for the scrub to stop.</summary>
        private readonly AssuredWork _work;

        public Turn(WorkQueue work) => _work = new AssuredWork(work, this);

        public void Queue() => _work.Queue();

        void IThreadPoolWorkItem.Execute() => TrySetResult();
    }
}
