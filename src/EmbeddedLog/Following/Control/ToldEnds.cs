using EmbeddedLog.Format;

namespace EmbeddedLog.Following.Control;

/// <summary>
/// The contents of a partition's slot in the control file at one moment. They are not trusted alone: see
/// <see cref="FollowedPartition"/>.
/// </summary>
/// <param name="End">The published end; <see cref="ControlLayout.Unpublished"/> if there is none.</param>
/// <param name="Durable">The durable end; -1 if there is none.</param>
/// <param name="Version">Counts changes to the list of segments.</param>
internal readonly record struct ToldEnds(long End, long Durable, long Version)
{
    /// <summary>The value for a partition without a slot.</summary>
    public static ToldEnds None { get; } = new(ControlLayout.Unpublished, -1, 0);

    /// <summary>
    /// Reads a slot: the end before the version, so that the segments of this version hold all records below the end.
    /// </summary>
    public static unsafe ToldEnds Read(byte* slot)
    {
        if (slot == null)
        {
            return None;
        }

        long end = Volatile.Read(ref *(long*)(slot + ControlLayout.EndAt));
        long durable = Volatile.Read(ref *(long*)(slot + ControlLayout.DurableAt));
        ulong check = Volatile.Read(ref *(ulong*)(slot + ControlLayout.DurableCheckAt));
        long version = Volatile.Read(ref *(long*)(slot + ControlLayout.VersionAt));

        // The two are stored one after the other. If this read comes in between, the next one has both.
        return new ToldEnds(end, check == ControlLayout.DurableCheck(durable) ? durable : -1, version);
    }
}
