using System.Runtime.InteropServices;
using EmbeddedLog.IO;

namespace EmbeddedLog.Storage;

/// <summary>The waiters for one of a partition's ends.</summary>
internal sealed class WaiterList
{
    private readonly WorkQueue _work;
    private readonly Lock _gate = new();

    /// <summary>The waiters in no particular order, under the gate.</summary>
    private List<OffsetWaiter> _waiting = [];

    /// <summary>
    /// A list to swap in, so that releasing allocates nothing; null while it is in use. Under the gate.
    /// </summary>
    private List<OffsetWaiter>? _spare = [];

    /// <summary>A list for the work of those released; null while it is in use. Exchanged by any thread.</summary>
    private List<IThreadPoolWorkItem>? _spareItems = [];

    /// <summary>The number of waiters; written under the gate, read by every append without it.</summary>
    private int _count;

    public WaiterList(WorkQueue work) => _work = work;

    /// <summary>
    /// Whether anybody waits. A waiter that is being added may be missed: whoever adds looks at the end again after a
    /// process-wide barrier, so that one of the two sides always sees the other.
    /// </summary>
    public bool HasAny => Volatile.Read(ref _count) != 0;

    /// <summary>Adds a waiter.</summary>
    public void Add(OffsetWaiter waiter)
    {
        lock (_gate)
        {
            _waiting.Add(waiter);
            Volatile.Write(ref _count, _waiting.Count);
        }
    }

    /// <summary>Removes a waiter; false if it was released or is being released.</summary>
    public bool Remove(OffsetWaiter waiter)
    {
        lock (_gate)
        {
            bool removed = _waiting.Remove(waiter);
            Volatile.Write(ref _count, _waiting.Count);
            return removed;
        }
    }

    /// <summary>
    /// Releases those whose target is at or below <paramref name="end"/>; returns how many still wait.
    /// </summary>
    public int ReleaseUpTo(long end)
    {
        Release(end, null, null, out int left);
        return left;
    }

    /// <summary>
    /// The same, and where that were many queues an item when the last one wakes up; whether it does so.
    /// </summary>
    public bool ReleaseUpTo(long end, IThreadPoolWorkItem then) => Release(end, null, then, out _);

    /// <summary>Releases all with a failure.</summary>
    public void Fail(Exception failure) => Release(long.MaxValue, failure, null, out _);

    private bool Release(long end, Exception? failure, IThreadPoolWorkItem? then, out int left)
    {
        List<OffsetWaiter> released;
        lock (_gate)
        {
            left = 0;
            if (_waiting.Count == 0)
            {
                return false;
            }

            released = _waiting;
            _waiting = _spare ?? [];
            _spare = null;
            SplitUnsynchronized(released, end);
            left = _waiting.Count;
            Volatile.Write(ref _count, left);
        }

        // Outside the gate: a waiter may add itself again at once.
        List<IThreadPoolWorkItem> items = Interlocked.Exchange(ref _spareItems, null) ?? [];
        foreach (OffsetWaiter waiter in released)
        {
            if (waiter.ReleaseAmongMany(failure) is { } item)
            {
                items.Add(item);
            }
        }

        bool queued = WakeBatch.Queue(_work, items, then);
        items.Clear();
        Volatile.Write(ref _spareItems, items);

        // Last, for it may run a handler of the user's, which must not keep the others waiting.
        foreach (OffsetWaiter waiter in released)
        {
            waiter.Resume();
        }

        released.Clear();
        lock (_gate)
        {
            _spare = released;
        }

        return queued;
    }

    /// <summary>
    /// Leaves on the list those to be released and moves the others back. Under the gate, for beyond it another thread
    /// may release one that stays, and its target may then be that of another use.
    /// </summary>
    private void SplitUnsynchronized(List<OffsetWaiter> released, long end)
    {
        int count = 0;
        foreach (OffsetWaiter waiter in CollectionsMarshal.AsSpan(released))
        {
            if (waiter.Target > end)
            {
                _waiting.Add(waiter);
            }
            else
            {
                released[count++] = waiter;
            }
        }

        released.RemoveRange(count, released.Count - count);
    }
}
