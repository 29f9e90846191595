namespace EmbeddedLog.Storage;

/// <summary>
/// Bounds how many segments that nobody writes to are mapped at once, so that a log of any size uses a bounded number
/// of the system's maps. A segment that was read lately gets a second chance.
/// </summary>
internal sealed class OpenSegments
{
    private readonly Lock _gate = new();
    private readonly int _limit;

    /// <summary>Under the gate, in the order in which they are looked at.</summary>
    private readonly LinkedList<Segment> _open = new();

    public OpenSegments(int limit) => _limit = limit;

    /// <summary>The number of mapped segments that are not written to.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Notes that a segment was mapped, or that its writer is done with it; may close others.</summary>
    public void Opened(Segment segment)
    {
        Segment? victim;
        lock (_gate)
        {
            AddUnlessRemoved(segment);
            victim = _open.Count > _limit ? TakeVictim(segment) : null;
        }

        // Outside the gate, for closing takes the victim's own, under which a segment may be on its way here.
        if (victim is not null && !victim.TryClose())
        {
            lock (_gate)
            {
                AddUnlessRemoved(victim);
            }
        }
    }

    /// <summary>Notes that a segment is gone.</summary>
    public void Forget(Segment segment)
    {
        lock (_gate)
        {
            _open.Remove(segment);
        }
    }

    /// <summary>
    /// A segment is marked as removed before it is forgotten: it is either not added here or forgotten afterwards.
    /// </summary>
    private void AddUnlessRemoved(Segment segment)
    {
        if (!segment.IsRemoved)
        {
            _open.AddLast(segment);
        }
    }

    private Segment? TakeVictim(Segment newest)
    {
        // Two rounds: the first takes every second chance away.
        for (int left = 2 * _open.Count; left > 0; left--)
        {
            Segment candidate = _open.First!.Value;
            _open.RemoveFirst();
            if (candidate != newest && !candidate.RecentlyUsed)
            {
                return candidate;
            }

            candidate.RecentlyUsed = false;
            _open.AddLast(candidate);
        }

        return null;
    }
}
