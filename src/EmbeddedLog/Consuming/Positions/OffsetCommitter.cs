using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Consuming.Positions;

/// <summary>
/// Commits what a consumer has finished: at its wish, every so often, and when it is disposed. Safe to call from any
/// thread.
/// </summary>
internal sealed class OffsetCommitter : IThreadPoolWorkItem
{
    private readonly PositionSet _positions;
    private readonly OffsetStore _offsets;
    private readonly string _group;
    private readonly Durability _durability;
    private readonly TimeSpan _interval;
    private readonly WorkQueue _work;
    private readonly ILogger _logger;

    /// <summary>Commits by itself; null where only the consumer's user commits.</summary>
    private readonly ITimer? _timer;

    /// <summary>Sets that timer; null without one.</summary>
    private readonly TimerSetting? _timerSetting;

    /// <summary>Whether the timer is set: it is while something finished is not committed. Under the gate.</summary>
    private bool _scheduled;

    /// <summary>The last commit that the timer has made, until it is over. Under the gate.</summary>
    private Task _background = Task.CompletedTask;

    /// <summary>Under the gate.</summary>
    private bool _disposed;

    /// <summary>
    /// What an interval commit has failed with, until somebody is told. Written by the commit that fails, taken by
    /// whoever is told.
    /// </summary>
    private Exception? _failure;

    public OffsetCommitter(
        PositionSet positions,
        OffsetStore offsets,
        string group,
        Durability durability,
        TimeSpan? interval,
        Platform platform,
        ILogger logger)
    {
        _positions = positions;
        _offsets = offsets;
        _group = group;
        _durability = durability;
        _work = platform.Work;
        _logger = logger;
        if (interval is { } every)
        {
            _interval = every;
            _timerSetting = new TimerSetting(this);
            _timer = platform.Time.CreateTimer(
                static state => ((OffsetCommitter)state!).OnTimer(),
                this,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Whether an interval commit has failed and nobody was told.</summary>
    public bool HasFailed => Volatile.Read(ref _failure) is not null;

    /// <summary>Tells what an interval commit has failed with, once.</summary>
    public void ThrowIfFailed()
    {
        if (HasFailed && Interlocked.Exchange(ref _failure, null) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>What is committed in a partition, as of now.</summary>
    public CommittedOffset? Committed(PartitionCursor cursor) =>
        _offsets.Effective(_group, Owned(cursor))?.ToPublic(cursor.Log.Id);

    /// <summary>Notes that something is finished, or was passed over.</summary>
    public void NoteMoved()
    {
        if (_timer is not null)
        {
            lock (_positions.Gate)
            {
                NoteFinished();
            }
        }
    }

    /// <summary>Notes that something is finished. Under the gate.</summary>
    public void NoteFinished()
    {
        if (_timer is not null && !_scheduled && !_disposed)
        {
            // Elsewhere, for the timer is the user's, who may do anything in it.
            _scheduled = true;
            _work.Queue(_timerSetting!);
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
        lock (_positions.Gate)
        {
            // Within the gate, so that what is noted is what was committed last.
            end = _offsets.Commit(_group, new PartitionCommit(Owned(cursor), next, metadata));
            cursor.NoteCommitted(next);
        }

        return AcknowledgeAsync(end, cancellationToken);
    }

    /// <summary>Commits all that is finished and not committed.</summary>
    public ValueTask CommitFinishedAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        ThrowIfFailed();
        return AcknowledgeAsync(CommitFinished(out _), cancellationToken);
    }

    /// <summary>
    /// Commits the positions that another start would not find again, as durably as commits are to be.
    /// </summary>
    public async ValueTask CommitResolvedAsync(CancellationToken cancellationToken)
    {
        List<PartitionCursor> cursors = [];
        _offsets.ReadClock();
        long end;
        lock (_positions.Gate)
        {
            foreach (PartitionCursor cursor in _positions.Cursors)
            {
                if (cursor.MustCommit)
                {
                    cursors.Add(cursor);
                }
            }

            end = cursors.Count == 0
                ? 0
                : CommitUnsynchronized([.. cursors.Select(c => new PartitionCommit(Owned(c), c.Position))]);
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
                // Found by somebody who asked for it since.
                _positions.MayHaveToCommit |= cursor.MustCommit;
            }
        }
    }

    /// <summary>
    /// Commits what is finished, where that is done by interval, and tells a failure that nobody was told.
    /// </summary>
    public async ValueTask DisposeAsync(WaitMode how)
    {
        Task background;
        lock (_positions.Gate)
        {
            _disposed = true;
            background = _background;
        }

        if (_timer is null)
        {
            return;
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        await how.For(background).ConfigureAwait(false);
        await AcknowledgeAsync(CommitFinished(out bool any), how).ConfigureAwait(false);
        if (!any)
        {
            // A failed append was made good by a later commit, or just now. A flush that failed was not.
            ThrowIfFailed();
        }
    }

    /// <summary>Commits; returns what to wait for, which is zero where there was nothing to commit.</summary>
    private long CommitFinished(out bool any)
    {
        _offsets.ReadClock();
        lock (_positions.Gate)
        {
            List<PartitionCommit>? commits = null;
            foreach (PartitionCursor cursor in _positions.Cursors)
            {
                long next = cursor.FindUncommitted();
                if (next >= 0)
                {
                    (commits ??= []).Add(new PartitionCommit(Owned(cursor), next));
                }
            }

            any = commits is not null;
            return commits is null ? 0 : CommitUnsynchronized(commits);
        }
    }

    /// <param name="commits">The commits, in the order of the slots.</param>
    private long CommitUnsynchronized(List<PartitionCommit> commits)
    {
        // Within the gate, so that what is noted is what was committed last.
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

    private ValueTask AcknowledgeAsync(long end, CancellationToken cancellationToken) =>
        _durability == Durability.Flushed ? _offsets.FlushAsync(end, cancellationToken) : ValueTask.CompletedTask;

    private ValueTask AcknowledgeAsync(long end, WaitMode how) =>
        _durability == Durability.Flushed ? _offsets.FlushOwnAsync(end, how) : ValueTask.CompletedTask;

    /// <summary>Groups commit to a log that they own: who follows one has no group.</summary>
    private static PartitionLog Owned(PartitionCursor cursor) => (PartitionLog)cursor.Log;

    /// <summary>Only queues: a clock may call it on any stack, with locks held and in any context.</summary>
    private void OnTimer() => _work.Queue(this);

    void IThreadPoolWorkItem.Execute()
    {
        TaskCompletionSource over = new();
        lock (_positions.Gate)
        {
            _scheduled = false;
            if (_disposed)
            {
                return;
            }

            // The one before, if it still waits for its flush, ends with this one's at the latest.
            _background = Task.WhenAll(_background, over.Task);
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
        }
    }

    /// <summary>Sets the timer, under no lock; one that is disposed stays off.</summary>
    private sealed class TimerSetting(OffsetCommitter owner) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute() => owner._timer!.Change(owner._interval, Timeout.InfiniteTimeSpan);
    }
}
