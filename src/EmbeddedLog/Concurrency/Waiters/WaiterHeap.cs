using System.Diagnostics;
using System.Runtime.InteropServices;

namespace EmbeddedLog.Concurrency.Waiters;

/// <summary>
/// Waiters by their targets, the lowest first. Each has its index, so that it can leave from anywhere. Under the gate
/// of the list that it belongs to.
/// </summary>
internal sealed class WaiterHeap
{
    private readonly List<OffsetWaiter> _waiters = [];

    /// <summary>The waiter with the lowest target, or null.</summary>
    public OffsetWaiter? Lowest => _waiters.Count == 0 ? null : _waiters[0];

    /// <summary>How many waiters were compared or moved.</summary>
    public long Steps { get; private set; }

    /// <summary>Adds a waiter.</summary>
    public void Add(OffsetWaiter waiter)
    {
        _waiters.Add(waiter);
        Rise(_waiters.Count - 1, waiter);
    }

    /// <summary>Removes a waiter of this heap.</summary>
    public void Remove(OffsetWaiter waiter)
    {
        int place = waiter.Place;
        OffsetWaiter last = _waiters[^1];
        _waiters.RemoveAt(_waiters.Count - 1);
        waiter.Place = WaiterList.Nowhere;
        if (last == waiter)
        {
            TrimIfEmpty();
            return;
        }

        if (last.Target < waiter.Target)
        {
            Rise(place, last);
        }
        else
        {
            Sink(place, last);
        }
    }

    /// <summary>Checks the top of the heap only: all of it would take too long.</summary>
    [Conditional("DEBUG")]
    public void AssertInvariants()
    {
        const int MaxLooks = 15;
        for (int i = Math.Min(MaxLooks, _waiters.Count) - 1; i >= 0; i--)
        {
            Debug.Assert(_waiters[i].Place == i, "A waiter has a wrong index.");
            Debug.Assert(_waiters[(i - 1) / 2].Target <= _waiters[i].Target, "The lowest is not at the top.");
        }
    }

    private void TrimIfEmpty()
    {
        const int MaxSpare = 8192;
        if (_waiters.Count == 0 && _waiters.Capacity > MaxSpare)
        {
            _waiters.Capacity = 0;
        }
    }

    private void Rise(int place, OffsetWaiter waiter)
    {
        Span<OffsetWaiter> waiters = CollectionsMarshal.AsSpan(_waiters);
        while (place > 0)
        {
            Steps++;
            int parent = (place - 1) / 2;
            if (waiters[parent].Target <= waiter.Target)
            {
                break;
            }

            Put(waiters, place, waiters[parent]);
            place = parent;
        }

        Put(waiters, place, waiter);
    }

    private void Sink(int place, OffsetWaiter waiter)
    {
        Span<OffsetWaiter> waiters = CollectionsMarshal.AsSpan(_waiters);
        while ((2 * place) + 1 is var child && child < waiters.Length)
        {
            Steps++;
            if (child + 1 < waiters.Length && waiters[child + 1].Target < waiters[child].Target)
            {
                child++;
            }

            if (waiter.Target <= waiters[child].Target)
            {
                break;
            }

            Put(waiters, place, waiters[child]);
            place = child;
        }

        Put(waiters, place, waiter);
    }

    private static void Put(Span<OffsetWaiter> waiters, int place, OffsetWaiter waiter)
    {
        waiters[place] = waiter;
        waiter.Place = place;
    }
}
