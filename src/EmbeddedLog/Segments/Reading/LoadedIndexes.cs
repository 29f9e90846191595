namespace EmbeddedLog.Segments.Reading;

/// <summary>
/// Bounds the memory of the indexes that were loaded for readers, so that a log of any size uses a bounded heap. The
/// index that was loaded first is dropped first, and loaded again when it is needed. An index that a writer fills does
/// not count.
/// </summary>
internal sealed class LoadedIndexes
{
    private readonly Lock _gate = new();
    private readonly long _maxBytes;

    /// <summary>Under the gate: the loaded indexes, the oldest first.</summary>
    private readonly LinkedList<(SegmentIndexHolder Slot, long Bytes)> _loaded = new();

    /// <summary>Under the gate: the node of each in the list.</summary>
    private readonly Dictionary<SegmentIndexHolder, LinkedListNode<(SegmentIndexHolder Slot, long Bytes)>> _nodes = [];

    /// <summary>Under the gate: the sum over the list.</summary>
    private long _bytes;

    public LoadedIndexes(long maxBytes) => _maxBytes = maxBytes;

    /// <summary>The memory of all loaded indexes.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>The number of loaded indexes.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _loaded.Count;
            }
        }
    }

    /// <summary>
    /// Notes that a slot holds an index, after it does; drops others, but never this one. Readers of a dropped index go
    /// on with it.
    /// </summary>
    public void Loaded(SegmentIndexHolder slot, long bytes)
    {
        lock (_gate)
        {
            RemoveUnsynchronized(slot);
            _nodes.Add(slot, _loaded.AddLast((slot, bytes)));
            _bytes += bytes;
            while (_bytes > _maxBytes && _loaded.First!.Value.Slot is { } oldest && oldest != slot)
            {
                RemoveUnsynchronized(oldest);
                oldest.Forget();
            }
        }
    }

    /// <summary>Notes that a slot has dropped its index.</summary>
    public void Dropped(SegmentIndexHolder slot)
    {
        lock (_gate)
        {
            RemoveUnsynchronized(slot);
        }
    }

    private void RemoveUnsynchronized(SegmentIndexHolder slot)
    {
        if (_nodes.Remove(slot, out LinkedListNode<(SegmentIndexHolder Slot, long Bytes)>? node))
        {
            _loaded.Remove(node);
            _bytes -= node.Value.Bytes;
        }
    }
}
