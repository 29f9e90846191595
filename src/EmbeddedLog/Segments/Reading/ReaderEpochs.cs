using System.Diagnostics;
using EmbeddedLog.IO;

namespace EmbeddedLog.Segments.Reading;

/// <summary>
/// Decides when memory can be unmapped that readers may be reading. A resource is first made unreachable for new
/// readers, then passed to <see cref="Retire"/>, and disposed when every reader that was inside at that moment has
/// left.
/// </summary>
internal sealed class ReaderEpochs
{
    private readonly Lock _gate = new();

    /// <summary>All slots ever made; grows under the gate, replaced as a whole, read without it.</summary>
    private ReaderSlot[] _slots = [];

    /// <summary>The slots that are not rented, under the gate.</summary>
    private readonly Stack<ReaderSlot> _free = new();

    /// <summary>The resources that wait for their readers to leave, oldest first, under the gate.</summary>
    private readonly Queue<RetiredMap> _retired = new();

    /// <summary>Advanced under the gate by <see cref="Retire"/>; read by every reader that enters.</summary>
    private long _current = 1;

    /// <summary>
    /// The epoch of the oldest of <see cref="_retired"/>, zero if there is none. Written under the gate; read by every
    /// reader that leaves.
    /// </summary>
    private long _oldestRetired;

    /// <summary>The epoch that a reader enters now.</summary>
    public long Current => Volatile.Read(ref _current);

    /// <summary>The number of resources that wait for a reader to leave.</summary>
    public int PendingCount
    {
        get
        {
            lock (_gate)
            {
                AssertInvariants();
                return _retired.Count;
            }
        }
    }

    /// <summary>Takes a slot; give it back with <see cref="Return"/>.</summary>
    public ReaderSlot Rent()
    {
        lock (_gate)
        {
            AssertInvariants();
            if (_free.TryPop(out ReaderSlot? slot))
            {
                return slot;
            }

            slot = new ReaderSlot(this);
            Volatile.Write(ref _slots, [.. _slots, slot]);
            return slot;
        }
    }

    /// <summary>Gives a slot back, and disposes the resources that waited for its reader.</summary>
    public void Return(ReaderSlot slot)
    {
        slot.Exit();
        lock (_gate)
        {
            AssertInvariants();
            _free.Push(slot);
        }
    }

    /// <summary>Disposes the resources that waited only for a reader that has left.</summary>
    /// <param name="entered">The epoch that it had entered.</param>
    public void Left(long entered)
    {
        // The reader's mark was cleared before this, without a fence in between. A thread that retires or reclaims
        // writes the field first and reads the marks after a process-wide barrier, so one of the two sees the other.
        if (entered <= Volatile.Read(ref _oldestRetired))
        {
            Reclaim();
        }
    }

    /// <summary>
    /// Disposes <paramref name="map"/> as soon as no reader can use it. New readers must already be unable to find it.
    /// </summary>
    /// <param name="map">The map of the segment.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="now">The time.</param>
    public void Retire(MappedMemory map, Segment segment, DateTimeOffset now)
    {
        lock (_gate)
        {
            AssertInvariants();
            _retired.Enqueue(new RetiredMap(_current, map, segment, now));
            NoteOldestUnsynchronized();
            Volatile.Write(ref _current, _current + 1);
        }

        Reclaim();
    }

    /// <summary>Disposes the resources that no reader can use any more; returns how many still wait.</summary>
    public int Reclaim()
    {
        while (true)
        {
            // After the barrier, earlier stores to slots are visible here, and later loads of readers see the resource
            // as unreachable. This is the other half of ReaderSlot.Enter.
            Interlocked.MemoryBarrierProcessWide();
            lock (_gate)
            {
                AssertInvariants();
                if (!TryReclaimUnsynchronized() || _retired.Count == 0)
                {
                    return _retired.Count;
                }
            }

            // Another one is the oldest now, and its reader may have left before it was.
        }
    }

    /// <summary>The resources that still wait, and for how many readers; oldest first.</summary>
    public SegmentPin[] GetPins()
    {
        Reclaim();
        lock (_gate)
        {
            AssertInvariants();
            return [.. _retired.Select(ToPin)];
        }
    }

    private bool TryReclaimUnsynchronized()
    {
        long oldest = long.MaxValue;
        foreach (ReaderSlot slot in _slots)
        {
            long entered = slot.EnteredEpoch;
            if (entered != 0)
            {
                oldest = Math.Min(oldest, entered);
            }
        }

        int before = _retired.Count;
        while (_retired.TryPeek(out RetiredMap next) && next.Epoch < oldest)
        {
            _retired.Dequeue().Map.Dispose();
        }

        NoteOldestUnsynchronized();
        return _retired.Count < before;
    }

    private void NoteOldestUnsynchronized() =>
        Volatile.Write(ref _oldestRetired, _retired.TryPeek(out RetiredMap oldest) ? oldest.Epoch : 0);

    private SegmentPin ToPin(RetiredMap retired)
    {
        // A reader that entered later cannot have seen the map. A reader that leaves meanwhile makes the count one too
        // high.
        int readers = _slots.Count(slot => slot.EnteredEpoch is > 0 and var entered && entered <= retired.Epoch);
        Segment segment = retired.Segment;
        return new SegmentPin(
            segment.Partition, segment.BaseOffset, segment.Path, retired.Map.Length, leases: 0, readers,
            segment.IsRemoved, retired.Since);
    }

    /// <summary>Checks what must hold when the gate is taken and released.</summary>
    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "The gate is not held.");
        Debug.Assert(_free.Count <= _slots.Length, "A slot was returned twice.");
        long oldest = _retired.TryPeek(out RetiredMap retired) ? retired.Epoch : 0;
        Debug.Assert(oldest == _oldestRetired, "Leaving readers check another epoch than the oldest.");
        Debug.Assert(oldest < _current, "A resource was retired in a future epoch.");
    }

    private readonly record struct RetiredMap(long Epoch, MappedMemory Map, Segment Segment, DateTimeOffset Since);
}
