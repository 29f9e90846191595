using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.IO;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Consuming.Positions;

/// <summary>
/// Commits the finished records of a consumer: on request, by interval, and at disposal. Safe to call from any thread.
/// </summary>
internal sealed class OffsetCommitter : IThreadPoolWorkItem
{
    // Over 400 lines: commits by hand, by interval and at the end note the same positions under one gate.
    private readonly PositionSet _positions;
    private readonly OffsetStore _offsets;
    private readonly Func<PartitionHold, Exception> _lostError;
    private readonly string _group;
    private readonly Durability _durability;

    /// <summary>The interval of the consumer's options; null where only its user commits.</summary>
    private readonly TimeSpan? _ownInterval;

    /// <summary>The present interval; null where only the consumer's user commits. Under the gate.</summary>
    private TimeSpan? _interval;
    private readonly TimeProvider _time;
    private readonly WorkQueue _work;
    private readonly ILogger _logger;

    /// <summary>Commits by interval; null if only the consumer's user commits. Set once, by the reader.</summary>
    private ITimer? _timer;

    /// <summary>Sets that timer.</summary>
    private readonly TimerSetting _timerSetting;

    /// <summary>
    /// Whether the timer is set, which it is while finished records are not committed. Under the gate.
    /// </summary>
    private bool _scheduled;

    /// <summary>
    /// Whether the timer was due while the last commit was not over: it stays off until then. Under the gate.
    /// </summary>
    private bool _isLate;

    /// <summary>The timer's last commit, until it is over. Under the gate.</summary>
    private Task _background = Task.CompletedTask;

    /// <summary>Under the gate.</summary>
    private bool _disposed;

    /// <summary>
    /// The failure of an interval commit, until a call throws it. Written by the failed commit, taken by that call.
    /// </summary>
    private Exception? _failure;

    public OffsetCommitter(
        PositionSet positions,
        OffsetStore offsets,
        Func<PartitionHold, Exception> lostError,
        string group,
        Durability durability,
        TimeSpan? interval,
        Platform platform,
        ILogger logger)
    {
        _positions = positions;
        _offsets = offsets;
        _lostError = lostError;
        _group = group;
        _durability = durability;
        _work = platform.Work;
        _logger = logger;
        _time = platform.Time;
        _timerSetting = new TimerSetting(this);
        _ownInterval = interval;
        _interval = interval;
        _timer = interval is null ? null : CreateTimer();
    }

    /// <summary>Commits by another interval, for the time of a read; null for none. Only by the reader.</summary>
    public void BeginInterval(TimeSpan? every)
    {
        ITimer? timer = every is not null && _timer is null ? CreateTimer() : null;
        lock (_positions.Gate)
        {
            _interval = every;
            if (timer is not null && !_disposed)
            {
                _timer = timer;
                return;
            }
        }

        timer?.Dispose();
    }

    /// <summary>Commits by the interval of the consumer's options again. Only by the reader.</summary>
    public void EndInterval()
    {
        lock (_positions.Gate)
        {
            _interval = _ownInterval;
        }
    }

    /// <summary>Commits everything finished in the partitions that the consumer has.</summary>
    public ValueTask CommitFinishedAsync() => AcknowledgeAsync(CommitFinished(out _), CancellationToken.None);

    /// <summary>Whether an interval commit has failed and no call has thrown the failure yet.</summary>
    public bool HasFailed => Volatile.Read(ref _failure) is not null;

    /// <summary>Throws the failure of an interval commit, once.</summary>
    public void ThrowIfFailed()
    {
        if (HasFailed && Interlocked.Exchange(ref _failure, null) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>The present commit in a partition.</summary>
    public CommittedOffset? Committed(PartitionCursor cursor) =>
        _offsets.Effective(_group, cursor.Log)?.ToPublic(cursor.Log.Id);

    /// <summary>Notes that records were finished or passed.</summary>
    public void NoteMoved()
    {
        lock (_positions.Gate)
        {
            NoteFinished();
        }
    }

    /// <summary>Notes that records were finished. Under the gate.</summary>
    public void NoteFinished()
    {
        if (_interval is not null && !_scheduled && !_disposed)
        {
            // Not on this stack: the timer is the user's code and may do anything.
            _scheduled = true;
            _work.Queue(_timerSetting);
        }
    }

    /// <summary>Commits one offset.</summary>
    public ValueTask CommitAsync(
        PartitionCursor cursor, long next, string? metadata, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        ThrowIfFailed();
        _offsets.ReadClock();
        long end;
        int version;
        lock (_positions.Gate)
        {
            // Within the gate: the last commit is then the one noted.
            cursor.ThrowIfTakenBack(next);
            PartitionCommit commit = new(cursor.Log, next, metadata, cursor.Hold, cursor.Truncations);
            if (_offsets.Commit(_group, commit) is not { } made)
            {
                throw _lostError(cursor.Hold);
            }

            end = made;
            cursor.NoteCommitted(next);
            cursor.NoteSettled();
            version = cursor.Version;
            if (_durability != Durability.Flushed)
            {
                cursor.FinishCommitted(next);
                _positions.Waits.Wake();
                return ValueTask.CompletedTask;
            }
        }

        return AcknowledgeAsync(cursor, version, next, end, cancellationToken);
    }

    /// <summary>Commits everything finished and not yet committed.</summary>
    public ValueTask CommitFinishedAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        ThrowIfFailed();
        long end = CommitFinished(out _);
        PartitionHold? lost = FindLost();
        return lost is null ? AcknowledgeAsync(end, cancellationToken) : ValueTask.FromException(_lostError(lost));
    }

    /// <summary>Commits everything finished, for whoever has these partitions next.</summary>
    public void CommitBeforeRelease() => CommitFinished(out _);

    /// <summary>Commits the positions that a later start would not find again, at the level of commits.</summary>
    public async ValueTask CommitResolvedAsync(CancellationToken cancellationToken)
    {
        List<PartitionCursor> cursors = [];
        _offsets.ReadClock();
        long end;
        lock (_positions.Gate)
        {
            foreach (PartitionCursor cursor in _positions.Cursors)
            {
                // One whose end cannot be told has nothing to hand out, and is looked at again by the next read.
                if (cursor.MustCommit && cursor.FindCommittable() >= 0)
                {
                    cursors.Add(cursor);
                }
            }

            end = cursors.Count == 0
                ? 0
                : CommitUnsynchronized([.. cursors.Select(cursor => CommitOf(cursor, cursor.FindCommittable()))]);
        }

        if (end > 0)
        {
            await AcknowledgeAsync(end, cancellationToken).ConfigureAwait(false);
        }

        lock (_positions.Gate)
        {
            _positions.MayHaveToCommit = false;
            cursors.ForEach(cursor => cursor.NoteSettled());
            foreach (PartitionCursor cursor in _positions.Cursors)
            {
                // Another call has found the position since.
                _positions.MayHaveToCommit |= cursor.MustCommit;
            }
        }
    }

    /// <summary>
    /// With interval commits, commits everything finished; throws a failure that no call has thrown yet.
    /// </summary>
    public async ValueTask DisposeAsync(WaitMode how)
    {
        Task background;
        ITimer? timer;
        bool commits;
        lock (_positions.Gate)
        {
            _disposed = true;
            background = _background;
            timer = _timer;
            commits = _interval is not null;
        }

        if (timer is not null)
        {
            await timer.DisposeAsync().ConfigureAwait(false);
        }

        if (!commits)
        {
            return;
        }

        await how.For(background).ConfigureAwait(false);
        await AcknowledgeAsync(CommitFinished(out bool any), how).ConfigureAwait(false);
        if (!any)
        {
            // A later commit replaces one whose append failed. A failed flush is never repaired.
            ThrowIfFailed();
        }
    }

    /// <summary>A partition that was taken away, and has finished records that can no longer be committed.</summary>
    private PartitionHold? FindLost()
    {
        lock (_positions.Gate)
        {
            foreach (PartitionCursor cursor in _positions.Cursors)
            {
                if (cursor.Hold.IsOver && cursor.FindUncommitted() >= 0)
                {
                    return cursor.Hold;
                }
            }

            return null;
        }
    }

    /// <summary>Commits; returns the offset to wait for, zero if there was nothing to commit.</summary>
    private long CommitFinished(out bool any)
    {
        _offsets.ReadClock();
        lock (_positions.Gate)
        {
            List<PartitionCommit>? commits = null;
            foreach (PartitionCursor cursor in _positions.Cursors)
            {
                long next = cursor.FindUncommitted();
                if (next >= 0 && !cursor.Hold.IsOver)
                {
                    (commits ??= []).Add(CommitOf(cursor, next));
                }
            }

            any = commits is not null;
            return commits is null ? 0 : CommitUnsynchronized(commits);
        }
    }

    /// <param name="commits">The commits, in the order of the slots.</param>
    private long CommitUnsynchronized(List<PartitionCommit> commits)
    {
        // Within the gate: the last commit is then the one noted.
        long end = _offsets.Commit(_group, commits);
        int next = 0;
        foreach (PartitionCursor cursor in _positions.Cursors)
        {
            if (next < commits.Count && commits[next].Partition == cursor.Log)
            {
                cursor.NoteCommitted(commits[next++].Offset);
            }
        }

        return end;
    }

    /// <summary>
    /// Waits for the flush of a commit. Its records are finished then, and not before, unless a seek has moved the
    /// position meanwhile: what was read since has the same offsets.
    /// </summary>
    private async ValueTask AcknowledgeAsync(
        PartitionCursor cursor, int version, long next, long end, CancellationToken cancellationToken)
    {
        await _offsets.FlushAsync(end, cancellationToken).ConfigureAwait(false);
        lock (_positions.Gate)
        {
            if (cursor.Version == version)
            {
                cursor.FinishCommitted(next);
                _positions.Waits.Wake();
            }
        }
    }

    private ValueTask AcknowledgeAsync(long end, CancellationToken cancellationToken) =>
        _durability == Durability.Flushed ? _offsets.FlushAsync(end, cancellationToken) : ValueTask.CompletedTask;

    private ValueTask AcknowledgeAsync(long end, WaitMode how) =>
        _durability == Durability.Flushed ? _offsets.FlushOwnAsync(end, how) : ValueTask.CompletedTask;

    private static PartitionCommit CommitOf(PartitionCursor cursor, long next) =>
        new(cursor.Log, next, Metadata: null, cursor.Hold, cursor.Truncations);

    private ITimer CreateTimer() => _time.CreateTimer(
        static state => ((OffsetCommitter)state!).OnTimer(),
        this,
        Timeout.InfiniteTimeSpan,
        Timeout.InfiniteTimeSpan);

    /// <summary>Only queues: a clock may call it on any stack, with locks held and in any context.</summary>
    private void OnTimer() => _work.Queue(this);

    void IThreadPoolWorkItem.Execute()
    {
        // Whoever waits goes on where this ends: on a thread of the work queue, and not on one beside it.
        TaskCompletionSource over = new();
        lock (_positions.Gate)
        {
            if (!_background.IsCompleted)
            {
                // It still waits for its flush. The next one comes an interval after its end.
                _isLate = true;
                return;
            }

            _scheduled = false;
            if (_disposed || _interval is null)
            {
                return;
            }

            _background = over.Task;
        }

        _ = CommitInBackgroundAsync(over);
    }

    private async Task CommitInBackgroundAsync(TaskCompletionSource over)
    {
        try
        {
            await AcknowledgeAsync(CommitFinished(out _), how: default).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, the consumer's next call throws it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, failure, null);
            ConsumerLog.IntervalCommitFailed(_logger, failure, _group);
        }
        finally
        {
            over.SetResult();
            lock (_positions.Gate)
            {
                if (_isLate)
                {
                    _isLate = false;
                    _scheduled = false;
                    NoteFinished();
                }
            }
        }
    }

    /// <summary>Sets the timer, under no lock; one that is disposed stays off.</summary>
    private sealed class TimerSetting(OffsetCommitter owner) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute()
        {
            ITimer? timer;
            TimeSpan? interval;
            lock (owner._positions.Gate)
            {
                timer = owner._timer;
                interval = owner._interval;
                owner._scheduled &= interval is not null;
            }

            if (interval is { } every)
            {
                timer?.Change(every, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
