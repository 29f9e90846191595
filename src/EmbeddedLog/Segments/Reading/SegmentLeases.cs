using EmbeddedLog.IO;

namespace EmbeddedLog.Segments.Reading;

/// <summary>The leases that keep a segment mapped. All of it is under the segment's gate.</summary>
internal struct SegmentLeases
{
    /// <summary>Maps that the segment has outgrown while leases kept them; null while there are none.</summary>
    private List<MappedMemory>? _outgrown;

    /// <summary>The number of leases.</summary>
    public int Count { get; private set; }

    /// <summary>Since when there has always been a lease.</summary>
    public DateTimeOffset Since { get; private set; }

    /// <summary>Whether the last lease closes the segment.</summary>
    public bool CloseWithLast { get; set; }

    /// <summary>Adds a lease.</summary>
    /// <param name="now">The time; null if the caller has seen another lease, whose time then stays.</param>
    public void Add(DateTimeOffset now)
    {
        if (++Count == 1 && now != default)
        {
            Since = now;
        }
    }

    /// <summary>Keeps a map until the last lease ends; false if there is none.</summary>
    public bool TryKeep(MappedMemory outgrown)
    {
        if (Count != 0)
        {
            (_outgrown ??= []).Add(outgrown);
        }

        return Count != 0;
    }

    /// <summary>Ends a lease; true for the last one, with the maps that were kept for leases.</summary>
    public bool ReleaseLast(out List<MappedMemory>? outgrown)
    {
        outgrown = null;
        if (--Count > 0)
        {
            return false;
        }

        (outgrown, _outgrown) = (_outgrown, null);
        return true;
    }
}
