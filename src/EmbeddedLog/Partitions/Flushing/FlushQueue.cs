using System.Diagnostics;
using System.Runtime.InteropServices;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.IO;

namespace EmbeddedLog.Partitions.Flushing;

/// <summary>
/// Who flushes next: the partitions of a log that are to be flushed. A few are flushed each by itself, side by side;
/// where many have come together, one call flushes the files of all, and those that come meanwhile share the next one.
/// <see cref="SharedFlushPolicy"/> decides which of the two.
/// </summary>
internal sealed class FlushQueue : IThreadPoolWorkItem
{
    private readonly Platform _platform;

    /// <summary>What begins where nobody else flushes.</summary>
    private readonly AssuredWork _first;

    /// <summary>What goes on after a call for all.</summary>
    private readonly AssuredWork _resumption;

    private readonly Lock _gate = new();

    /// <summary>Who waits for a flush, first come first. Under the gate.</summary>
    private readonly Queue<PartitionFlusher> _pending = new();

    /// <summary>Who must not wait for others. Under the gate.</summary>
    private readonly Queue<PartitionFlusher> _alone = new();

    /// <summary>Who is flushed together. Only by who does that.</summary>
    private readonly List<PartitionFlusher> _group = [];

    /// <summary>Their files, in the order of the group. Only by who flushes together.</summary>
    private readonly List<FileFlush> _flushes = [];

    /// <summary>
    /// Whether a call for all is under way, or the wake-ups after it: who comes now is taken up at the end. Under the
    /// gate.
    /// </summary>
    private bool _together;

    /// <summary>Items that are queued or at work, one for each who waits or is flushed alone. Under the gate.</summary>
    private int _items;

    /// <summary>What was measured, and what follows from it. Replaced and read under the gate.</summary>
    private SharedFlushPolicy _policy;

    /// <summary>
    /// The timestamp of the last end of a flush by itself, or of the first request after a pause. Under the gate.
    /// </summary>
    private long _aloneSince;

    /// <summary>How many threads block until something is flushed, or until that makes room. Interlocked.</summary>
    private int _blocked;

    /// <summary>The timestamp of the last call for all; written by who makes it, read by everyone.</summary>
    private long _lastTogether = long.MinValue;

    /// <param name="platform">The seam to the system.</param>
    /// <param name="minTogether">
    /// From how many on files are flushed together: <see cref="FileSystemTraits.MinFlushedTogether"/>.
    /// </param>
    public FlushQueue(Platform platform, int minTogether)
    {
        _platform = platform;
        _policy = new SharedFlushPolicy(minTogether);
        _first = new AssuredWork(platform.Work, this);
        _resumption = new AssuredWork(platform.Work, new Resumption(this));
    }

    /// <summary>
    /// Whether many partitions have been flushed together less than a second ago: then what can wait should.
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

    /// <summary>Notes that a thread is going to block for a flush, perhaps one of the pool's.</summary>
    public void EnterBlocked() => Interlocked.Increment(ref _blocked);

    /// <summary>Notes that it does so no more.</summary>
    public void LeaveBlocked() => Interlocked.Decrement(ref _blocked);

    /// <summary>Flushes a partition soon, elsewhere. The caller has taken the role of its flusher.</summary>
    public void Add(PartitionFlusher commit)
    {
        if (!EnqueueFirst(commit))
        {
            return;
        }

        if (Volatile.Read(ref _blocked) == 0)
        {
            // One alone is flushed by the pool's thread that then goes on with whoever waits for it.
            _first.Queue();
        }
        else
        {
            _platform.Work.QueueBlocking(this);
        }
    }

    /// <summary>Flushes a partition right here if no other is, and otherwise as <see cref="Add"/> does.</summary>
    /// <param name="commit">The partition's, whose role as flusher the caller has.</param>
    /// <param name="until">Who blocks for it on this thread, and is not to be kept for longer; or null.</param>
    public void RunOrAdd(PartitionFlusher commit, BlockingWaiter? until = null)
    {
        if (EnqueueFirst(commit))
        {
            Run(until);
        }
    }

    /// <summary>Begins here what the pool was asked for and has not begun, for somebody who blocks for it.</summary>
    public void Help(BlockingWaiter until)
    {
        if (_first.TryBegin())
        {
            Run(until);
        }
    }

    /// <summary>The same for somebody who waits for all that is queued.</summary>
    public void Help()
    {
        if (_first.TryBegin())
        {
            Run(null);
        }
    }

    /// <summary>Flushes whoever is next, until nobody is.</summary>
    public void Execute() => Run(null);

    private void Run(BlockingWaiter? until)
    {
        while (TryTake(out PartitionFlusher? commit))
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
                    // Whoever comes next is flushed by a thread of our own, which stands in for this one.
                    _platform.Work.QueueBlocking(this);
                }

                return;
            }
        }
    }

    /// <summary>Ends an item that is at work; false where somebody waits for it.</summary>
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

    /// <summary>
    /// Lets a partition wait for its flush; true where no other is under way, and the caller is to see to it.
    /// </summary>
    private bool EnqueueFirst(PartitionFlusher commit)
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

    /// <summary>Takes who is next; true and null where the caller is to flush all who wait together.</summary>
    private bool TryTake(out PartitionFlusher? commit)
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

    /// <summary>Forms a group of all who wait, if they are many.</summary>
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

    private void NoteAlone(PartitionFlusher commit, bool again)
    {
        lock (_gate)
        {
            AssertInvariants();
            long now = _platform.Pace.GetTimestamp();
            _policy = _policy.AfterAlone(commit.FlushedBytes, now - _aloneSince);
            _aloneSince = now;
            if (again)
            {
                // A checkpoint that is owed is not written together with others' flushes.
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
            PartitionFlusher commit = _group[i];
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
        foreach (PartitionFlusher commit in CollectionsMarshal.AsSpan(_group)[..joined])
        {
            int count = commit.JoinedFiles;
            End(commit, flushes[..count]);
            flushes = flushes[count..];
        }

        NoteTogether(joined, _platform.Pace.GetTimestamp() - start);
        _group.Clear();
        _flushes.Clear();

        // Behind those who were woken: what they append then goes into the next call.
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

    private void End(PartitionFlusher commit, ReadOnlySpan<FileFlush> flushes)
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

    private void QueueAlone(PartitionFlusher commit)
    {
        lock (_gate)
        {
            AssertInvariants();
            _alone.Enqueue(commit);
            AddItemsUnsynchronized(1);
        }

        _platform.Work.QueueBlocking(this);
    }

    /// <summary>Takes up who came while others were flushed together.</summary>
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
        Debug.Assert(_items >= 0, "An item ends once.");
        Debug.Assert(_alone.Count <= _items, "Somebody is on the way for each who must not wait for others.");
        Debug.Assert(
            _together || _pending.Count + _alone.Count <= _items, "Somebody is on the way for each who waits.");
        _policy.AssertInvariants();
    }

    private sealed class Resumption(FlushQueue queue) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute() => queue.Resume();
    }
}
