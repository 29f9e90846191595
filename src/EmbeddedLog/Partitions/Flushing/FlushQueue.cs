using System.Diagnostics;
using System.Runtime.InteropServices;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.IO;

namespace EmbeddedLog.Partitions.Flushing;

/// <summary>
/// The queue of a log's partitions with a flush to make. A few partitions flush separately, side by side. One call
/// flushes the files of many, and partitions that come meanwhile share the next call. <see cref="FlushTogetherPolicy"/>
/// decides between the two.
/// </summary>
internal sealed class FlushQueue : IThreadPoolWorkItem
{
    private readonly Platform _platform;

    /// <summary>The work that begins when no other flush is under way.</summary>
    private readonly AssuredWork _first;

    /// <summary>The work after a call for all.</summary>
    private readonly AssuredWork _resumption;

    private readonly Lock _gate = new();

    /// <summary>The partitions that wait for a flush, first come, first served. Under the gate.</summary>
    private readonly Queue<GroupCommit> _pending = new();

    /// <summary>The partitions that must flush by themselves. Under the gate.</summary>
    private readonly Queue<GroupCommit> _alone = new();

    /// <summary>The partitions that are flushed together. Used by the thread that does that.</summary>
    private readonly List<GroupCommit> _group = [];

    /// <summary>Their files, in the order of the group. Used by the same thread.</summary>
    private readonly List<FileFlush> _flushes = [];

    /// <summary>
    /// Whether a call for all, or the wake-ups after it, are under way. New partitions then wait for the end. Under the
    /// gate.
    /// </summary>
    private bool _together;

    /// <summary>
    /// Work items that are queued or running, one for each partition that waits or is flushed alone. Under the gate.
    /// </summary>
    private int _items;

    /// <summary>The measurements, and the decisions from them. Replaced and read under the gate.</summary>
    private FlushTogetherPolicy _policy;

    /// <summary>
    /// The timestamp of the last end of a flush by itself, or of the first request after a pause. Under the gate.
    /// </summary>
    private long _aloneSince;

    /// <summary>How many threads block for a flush, or for the room that it makes. Interlocked.</summary>
    private int _blocked;

    /// <summary>
    /// The timestamp of the last call for all; written by the thread that makes it, read by everyone.
    /// </summary>
    private long _lastTogether = long.MinValue;

    /// <param name="platform">The seam to the system.</param>
    /// <param name="minTogether">
    /// The number of files from which on they are flushed together: <see cref="FileSystemTraits.MinFlushedTogether"/>.
    /// </param>
    public FlushQueue(Platform platform, int minTogether)
    {
        _platform = platform;
        _policy = new FlushTogetherPolicy(minTogether);
        _first = new AssuredWork(platform.Work, this);
        _resumption = new AssuredWork(platform.Work, new Resumption(this));
    }

    /// <summary>
    /// Whether many partitions have been flushed together less than a second ago. Work that can wait should wait then.
    /// </summary>
    public bool IsBusy
    {
        get
        {
            long last = Volatile.Read(ref _lastTogether);
            return last != long.MinValue
                && _platform.Pace.GetTimestamp() - last < _platform.Pace.TimestampFrequency;
        }
    }

    /// <summary>Notes that a thread, perhaps one of the pool, is going to block for a flush.</summary>
    public void EnterBlocked() => Interlocked.Increment(ref _blocked);

    /// <summary>Notes that the thread does not block any more.</summary>
    public void LeaveBlocked() => Interlocked.Decrement(ref _blocked);

    /// <summary>Flushes a partition soon, on another thread. The caller has taken the role of its flusher.</summary>
    public void Add(GroupCommit commit)
    {
        if (!EnqueueFirst(commit))
        {
            return;
        }

        if (Volatile.Read(ref _blocked) == 0)
        {
            // A single partition is flushed by a thread of the pool, which then continues its waiters.
            _first.Queue();
        }
        else
        {
            _platform.Work.QueueBlocking(this);
        }
    }

    /// <summary>
    /// Flushes a partition on this thread if no other flush is under way, and otherwise as <see cref="Add"/> does.
    /// </summary>
    /// <param name="commit">The partition's flusher; the caller has its role.</param>
    /// <param name="until">The waiter that blocks this thread, and must not wait longer than for its flush; or
    /// null.</param>
    public void RunOrAdd(GroupCommit commit, BlockingWaiter? until = null)
    {
        if (EnqueueFirst(commit))
        {
            Run(until);
        }
    }

    /// <summary>Begins queued work that the pool has not begun, for a thread that blocks for it.</summary>
    public void Help(BlockingWaiter until)
    {
        if (_first.TryBegin())
        {
            Run(until);
        }
    }

    /// <summary>The same for a thread that waits for the whole queue.</summary>
    public void Help()
    {
        if (_first.TryBegin())
        {
            Run(null);
        }
    }

    /// <summary>Flushes partitions until none is left.</summary>
    public void Execute() => Run(null);

    private void Run(BlockingWaiter? until)
    {
        while (TryTake(out GroupCommit? commit))
        {
            if (commit is null)
            {
                FlushTogether();
                return;
            }

            bool again = commit.RunRound(oweCheckpoint: until is not null);
            NoteAlone(commit, again);
            if (until is { IsDone: true })
            {
                if (!TryLeave())
                {
                    // A thread of our own replaces this one and flushes the next partitions.
                    _platform.Work.QueueBlocking(this);
                }

                return;
            }
        }
    }

    /// <summary>Ends a running item; false if a partition waits for it.</summary>
    private bool TryLeave()
    {
        lock (_gate)
        {
            AssertInvariants();
            bool left = _alone.Count == 0 && (_together || _pending.Count == 0);
            _items -= left ? 1 : 0;
            return left;
        }
    }

    /// <summary>Queues a partition; true if no other flush is under way, and the caller has to make it.</summary>
    private bool EnqueueFirst(GroupCommit commit)
    {
        lock (_gate)
        {
            AssertInvariants();
            _pending.Enqueue(commit);
            if (_together)
            {
                return false;
            }

            AddItemsUnsynchronized(1);
            bool first = _items == 1;
            if (!first)
            {
                _platform.Work.QueueBlocking(this);
            }

            return first;
        }
    }

    /// <summary>Takes the next partition; true and null if the caller has to flush all waiting ones together.</summary>
    private bool TryTake(out GroupCommit? commit)
    {
        lock (_gate)
        {
            AssertInvariants();
            if (_alone.TryDequeue(out commit))
            {
                return true;
            }

            if (!_together && TryBeginTogetherUnsynchronized())
            {
                _items--;
                return true;
            }

            bool taken = !_together && _pending.TryDequeue(out commit);
            _items -= taken ? 0 : 1;
            return taken;
        }
    }

    /// <summary>Forms a group of all waiting partitions, if they are many.</summary>
    private bool TryBeginTogetherUnsynchronized()
    {
        _together = _policy.IsTogether(_pending.Count, _platform.Pace.GetTimestamp());
        if (_together)
        {
            _group.AddRange(_pending);
            _pending.Clear();
        }

        return _together;
    }

    private void AddItemsUnsynchronized(int count)
    {
        if (_items == 0)
        {
            _aloneSince = _platform.Pace.GetTimestamp();
        }

        _items += count;
    }

    private void NoteAlone(GroupCommit commit, bool again)
    {
        lock (_gate)
        {
            AssertInvariants();
            long now = _platform.Pace.GetTimestamp();
            _policy = _policy.AfterAlone(commit.FlushedBytes, now - _aloneSince);
            _aloneSince = now;
            if (again)
            {
                // A checkpoint that is due is not part of a flush together with others.
                (commit.OwesCheckpoint ? _alone : _pending).Enqueue(commit);
            }
        }
    }

    private void FlushTogether()
    {
        long start = _platform.Pace.GetTimestamp();
        int joined = 0;
        for (int i = 0; i < _group.Count; i++)
        {
            GroupCommit commit = _group[i];
            if (commit.TryJoin(_flushes))
            {
                _group[joined++] = commit;
            }
            else
            {
                QueueAlone(commit);
            }
        }

        Span<FileFlush> flushes = CollectionsMarshal.AsSpan(_flushes);
        _platform.Files.FlushTogether(flushes);
        foreach (GroupCommit commit in CollectionsMarshal.AsSpan(_group)[..joined])
        {
            int count = commit.JoinedFiles;
            End(commit, flushes[..count]);
            flushes = flushes[count..];
        }

        NoteTogether(joined, _platform.Pace.GetTimestamp() - start);
        _group.Clear();
        _flushes.Clear();

        // Behind the woken waiters, so that their next appends go into the next call.
        _resumption.Queue();
    }

    private void NoteTogether(int count, long ticks)
    {
        lock (_gate)
        {
            AssertInvariants();
            long now = _platform.Pace.GetTimestamp();
            _policy = _policy.AfterTogether(count, ticks, now);
            Volatile.Write(ref _lastTogether, now);
        }
    }

    private void End(GroupCommit commit, ReadOnlySpan<FileFlush> flushes)
    {
        if (!commit.EndTogether(flushes))
        {
            return;
        }

        if (commit.OwesCheckpoint)
        {
            QueueAlone(commit);
            return;
        }

        lock (_gate)
        {
            AssertInvariants();
            _pending.Enqueue(commit);
        }
    }

    private void QueueAlone(GroupCommit commit)
    {
        lock (_gate)
        {
            AssertInvariants();
            _alone.Enqueue(commit);
            AddItemsUnsynchronized(1);
        }

        _platform.Work.QueueBlocking(this);
    }

    /// <summary>Takes up the partitions that came during a flush together.</summary>
    private void Resume()
    {
        bool together;
        lock (_gate)
        {
            AssertInvariants();
            together = TryBeginTogetherUnsynchronized();
            if (!together)
            {
                AddItemsUnsynchronized(_pending.Count);
                for (int others = _pending.Count - 1; others > 0; others--)
                {
                    _platform.Work.QueueBlocking(this);
                }

                if (_pending.Count == 0)
                {
                    return;
                }
            }
        }

        if (together)
        {
            FlushTogether();
        }
        else
        {
            Execute();
        }
    }

    /// <summary>Under the gate.</summary>
    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(_items >= 0, "An item has ended twice.");
        Debug.Assert(_alone.Count <= _items, "A partition that is flushed alone has no item.");
        Debug.Assert(
            _together || _pending.Count + _alone.Count <= _items, "A waiting partition has no item.");
        _policy.AssertInvariants();
    }

    private sealed class Resumption(FlushQueue queue) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute() => queue.Resume();
    }
}
