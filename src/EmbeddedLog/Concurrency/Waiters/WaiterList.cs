using System.Diagnostics;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency.Waiters;

/// <summary>The waiters for one of a partition's ends.</summary>
/// <remarks>
/// Waiters are ordered by their targets, so that a moved end touches only those that it releases. They mostly come in
/// this order, and form a chain then: to add, remove or release one takes constant time. A waiter far out of order goes
/// to a heap.
/// </remarks>
internal sealed class WaiterList
{
    /// <summary>A waiter's place for no list, and for the chain. Every other place is an index in the heap.</summary>
    internal const int Nowhere = -1, InChain = -2;

    /// <summary>
    /// How far back in the chain a place is searched: threads that append side by side come slightly out of order.
    /// </summary>
    private const int MaxStepsBack = 8;

    /// <summary>A spare list that many waiters have made larger than this is left to the collector.</summary>
    private const int MaxSpare = 8192;

    private readonly WorkQueue _work;
    private readonly Lock _gate = new();

    /// <summary>The chain's ends, the lowest target first. Under the gate.</summary>
    private OffsetWaiter? _first, _last;

    /// <summary>The waiters far out of order. Under the gate.</summary>
    private readonly WaiterHeap _others = new();

    /// <summary>
    /// A list for released waiters, so that a release allocates nothing; null while it is in use. Under the gate.
    /// </summary>
    private List<OffsetWaiter>? _spare = [];

    /// <summary>A list for their work items; null while it is in use. Exchanged by any thread.</summary>
    private List<IThreadPoolWorkItem>? _spareItems = [];

    /// <summary>See <see cref="Steps"/>. Under the gate.</summary>
    private long _steps;

    /// <summary>The number of waiters; written under the gate, read by every append without it.</summary>
    private int _count;

    public WaiterList(WorkQueue work) => _work = work;

    /// <summary>
    /// Whether there are waiters. A waiter that is being added may be missed. The adding thread checks the end again
    /// after a process-wide barrier, so that one of the two sides always sees the other.
    /// </summary>
    public bool HasAny => Volatile.Read(ref _count) != 0;

    /// <summary>How many waiters were compared so far, for tests.</summary>
    public long Steps
    {
        get
        {
            lock (_gate)
            {
                return _steps + _others.Steps;
            }
        }
    }

    /// <summary>Adds a waiter.</summary>
    public void Add(OffsetWaiter waiter)
    {
        lock (_gate)
        {
            AssertInvariants();
            Debug.Assert(waiter.Place == Nowhere, "It is on a list already.");
            AddUnsynchronized(waiter);
            Volatile.Write(ref _count, _count + 1);
        }
    }

    /// <summary>Removes a waiter; false if it was released or is being released.</summary>
    public bool Remove(OffsetWaiter waiter)
    {
        lock (_gate)
        {
            AssertInvariants();
            bool removed = waiter.Place != Nowhere;
            if (removed)
            {
                RemoveUnsynchronized(waiter);
            }

            return removed;
        }
    }

    /// <summary>
    /// Releases the waiters whose target is at or below <paramref name="end"/>; returns how many still wait.
    /// </summary>
    public int ReleaseUpTo(long end)
    {
        Release(end, null, null, out int left);
        return left;
    }

    /// <summary>
    /// The same; if these were many, queues an item when the last one wakes up. Returns whether it does so.
    /// </summary>
    public bool ReleaseUpTo(long end, AssuredWork then) => Release(end, null, then, out _);

    /// <summary>Releases all with a failure.</summary>
    public void Fail(Exception failure) => Release(long.MaxValue, failure, null, out _);

    private bool Release(long end, Exception? failure, AssuredWork? then, out int left)
    {
        OffsetWaiter? only;
        List<OffsetWaiter>? released;
        lock (_gate)
        {
            AssertInvariants();
            only = TakeOnlyUnsynchronized(end);
            released = only is null ? TakeAllUnsynchronized(end) : null;
            left = _count;
        }

        // Outside the gate: a waiter may add itself again at once.
        if (only is not null)
        {
            if (only.ReleaseAmongMany(failure) is { } item)
            {
                _work.Queue(item);
            }

            only.Resume();
            return false;
        }

        return released is not null && ReleaseAll(released, failure, then);
    }

    private bool ReleaseAll(List<OffsetWaiter> released, Exception? failure, AssuredWork? then)
    {
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
        Volatile.Write(ref _spareItems, items.Capacity <= MaxSpare ? items : []);

        // Last, because it may run a user's handler, which must not delay the others.
        foreach (OffsetWaiter waiter in released)
        {
            waiter.Resume();
        }

        released.Clear();
        lock (_gate)
        {
            AssertInvariants();
            _spare = released.Capacity <= MaxSpare ? released : [];
        }

        return queued;
    }

    private void AddUnsynchronized(OffsetWaiter waiter)
    {
        OffsetWaiter? before = _last;
        for (int steps = 0; before is not null && before.Target > waiter.Target; steps++)
        {
            if (steps == MaxStepsBack)
            {
                _others.Add(waiter);
                return;
            }

            _steps++;
            before = before.Before;
        }

        _steps++;
        OffsetWaiter? after = before is null ? _first : before.After;
        waiter.Place = InChain;
        waiter.Before = before;
        waiter.After = after;
        Link(before, waiter);
        LinkBack(after, waiter);
    }

    private void RemoveUnsynchronized(OffsetWaiter waiter)
    {
        _steps++;
        Volatile.Write(ref _count, _count - 1);
        if (waiter.Place != InChain)
        {
            _others.Remove(waiter);
            return;
        }

        (OffsetWaiter? before, OffsetWaiter? after) = (waiter.Before, waiter.After);
        waiter.Place = Nowhere;
        waiter.Before = null;
        waiter.After = null;
        Link(before, after);
        LinkBack(after, before);
    }

    /// <summary>
    /// Takes off the waiter, if it is the only one and is released. This is the fast path for records that come one by
    /// one. Null otherwise.
    /// </summary>
    private OffsetWaiter? TakeOnlyUnsynchronized(long end)
    {
        if (_count != 1 || _first is not { } only || only.Target > end)
        {
            return null;
        }

        _steps++;
        only.Place = Nowhere;
        _first = _last = null;
        Volatile.Write(ref _count, 0);
        return only;
    }

    /// <summary>Takes off all waiters whose target is at or below an end; null if there is none.</summary>
    private List<OffsetWaiter>? TakeAllUnsynchronized(long end)
    {
        OffsetWaiter? next = LowestUnsynchronized();
        if (next is null || next.Target > end)
        {
            return null;
        }

        List<OffsetWaiter> released = _spare ?? [];
        _spare = null;
        if (_others.Lowest is null)
        {
            ReleaseChainUnsynchronized(end, released);
        }

        for (next = LowestUnsynchronized(); next is not null && next.Target <= end; next = LowestUnsynchronized())
        {
            RemoveUnsynchronized(next);
            released.Add(next);
        }

        return released;
    }

    /// <summary>Takes off the beginning of the chain in one walk. Most flushes do this.</summary>
    private void ReleaseChainUnsynchronized(long end, List<OffsetWaiter> released)
    {
        int before = released.Count;
        OffsetWaiter? next = _first;
        while (next is not null && next.Target <= end)
        {
            OffsetWaiter waiter = next;
            next = waiter.After;
            waiter.Place = Nowhere;
            waiter.Before = null;
            waiter.After = null;
            released.Add(waiter);
        }

        _first = next;
        LinkBack(next, null);
        _steps += released.Count - before;
        Volatile.Write(ref _count, _count - (released.Count - before));
    }

    private void Link(OffsetWaiter? before, OffsetWaiter? after)
    {
        if (before is null)
        {
            _first = after;
        }
        else
        {
            before.After = after;
        }
    }

    private void LinkBack(OffsetWaiter? after, OffsetWaiter? before)
    {
        if (after is null)
        {
            _last = before;
        }
        else
        {
            after.Before = before;
        }
    }

    private OffsetWaiter? LowestUnsynchronized()
    {
        OffsetWaiter? other = _others.Lowest;
        return other is null || _first?.Target <= other.Target ? _first : other;
    }

    /// <summary>Checks the ends of the chain and its beginning only: all of it would take too long.</summary>
    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        const int MaxLooks = 8;
        _others.AssertInvariants();
        Debug.Assert(_first is null == _last is null, "The chain has one end.");
        Debug.Assert(_count == 0 == (_first is null && _others.Lowest is null), "The count is wrong.");
        Debug.Assert(_first?.Before is null && _last?.After is null, "The chain goes on behind its end.");
        OffsetWaiter? waiter = _first;
        for (int looks = 0; waiter is not null && looks < MaxLooks; looks++)
        {
            Debug.Assert(waiter.Place == InChain, "A waiter in the chain has another place.");
            Debug.Assert(waiter.After is null ? waiter == _last : waiter.After.Before == waiter, "A link is broken.");
            Debug.Assert(!(waiter.After?.Target < waiter.Target), "The chain is out of order.");
            waiter = waiter.After;
        }
    }
}
