using System.Diagnostics;

namespace EmbeddedLog.Segments.Reading;

/// <summary>
/// Bounds how many segments without a writer are mapped at once, so that a log of any size uses a bounded number of the
/// system's maps. A segment that was read lately gets a second chance.
/// </summary>
/// <remarks>
/// A segment that a lease keeps mapped leaves the list when its turn comes, and is closed with its last lease. So the
/// bound holds again when nothing is leased, and no search goes through leased segments.
/// </remarks>
internal sealed class OpenSegments
{
    private readonly Lock _gate = new();
    private readonly int _limit;

    /// <summary>Under the gate, in the order in which they are looked at.</summary>
    private readonly LinkedList<Segment> _open = new();

    public OpenSegments(int limit) => _limit = limit;

    /// <summary>Invoked when a segment was mapped, outside all locks; or null. Set before the first one.</summary>
    public Action? WhenOpened { get; set; }

    /// <summary>
    /// The number of mapped segments that are not written to, without those that their last lease will close.
    /// </summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                AssertInvariants();
                return _open.Count;
            }
        }
    }

    /// <summary>Notes that a segment was mapped, or has lost its writer; may close others.</summary>
    public void Opened(Segment segment)
    {
        Segment? victim;
        lock (_gate)
        {
            AssertInvariants();
            AddUnlessRemovedUnsynchronized(segment);
            victim = TakeVictimUnsynchronized(segment);
        }

        while (victim is not null)
        {
            // Outside the gate, because closing takes the victim's own gate, and a thread that holds that one may wait
            // for this.
            victim.CloseOrLeaveToLeases();
            lock (_gate)
            {
                AssertInvariants();
                victim = TakeVictimUnsynchronized(segment);
            }
        }

        WhenOpened?.Invoke();
    }

    /// <summary>Closes all segments that were not read since the last call; true if some stay open.</summary>
    public bool CloseUnused()
    {
        List<Segment> unused = [];
        bool someStay;
        lock (_gate)
        {
            AssertInvariants();
            LinkedListNode<Segment>? node = _open.First;
            while (node is not null)
            {
                Segment segment = node.Value;
                node = node.Next;
                if (segment.RecentlyUsed)
                {
                    segment.RecentlyUsed = false;
                    continue;
                }

                _open.Remove(segment.Listed!);
                segment.Listed = null;
                unused.Add(segment);
            }

            someStay = _open.Count > 0;
        }

        // Outside the gate, as above.
        unused.ForEach(segment => segment.CloseOrLeaveToLeases());
        return someStay;
    }

    /// <summary>Notes that a segment is gone.</summary>
    public void Forget(Segment segment)
    {
        lock (_gate)
        {
            AssertInvariants();
            if (segment.Listed is { } node)
            {
                segment.Listed = null;
                _open.Remove(node);
            }
        }
    }

    /// <summary>
    /// A segment is marked as removed before it is forgotten, so either it is not added here, or it is forgotten
    /// afterwards.
    /// </summary>
    private void AddUnlessRemovedUnsynchronized(Segment segment)
    {
        if (!segment.IsRemoved && segment.Listed is null)
        {
            segment.Listed = _open.AddLast(segment);
        }
    }

    /// <summary>Takes one off the list while there are too many; never the newest.</summary>
    private Segment? TakeVictimUnsynchronized(Segment newest)
    {
        // Two rounds at most: the first takes every second chance away, though readers may give new ones meanwhile.
        for (int looked = 0, chances = _open.Count; _open.Count > _limit; looked++)
        {
            LinkedListNode<Segment> first = _open.First!;
            Segment candidate = first.Value;
            _open.RemoveFirst();
            if (candidate != newest && (!candidate.RecentlyUsed || looked > chances))
            {
                candidate.Listed = null;
                return candidate;
            }

            candidate.RecentlyUsed = false;
            _open.AddLast(first);
        }

        return null;
    }

    /// <summary>Checks what must hold when the gate is taken and released.</summary>
    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "The gate is not held.");
        Debug.Assert(IsListed(_open.First) && IsListed(_open.Last), "A segment has a wrong place in the list.");

        static bool IsListed(LinkedListNode<Segment>? node) => node is null || node.Value.Listed == node;
    }
}
