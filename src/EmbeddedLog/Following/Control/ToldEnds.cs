using EmbeddedLog.Format;

namespace EmbeddedLog.Following.Control;

/// <summary>
/// What a partition's slot in the control file tells at one moment. Nothing of it is believed by itself: see
/// <see cref="FollowedPartition"/>.
/// </summary>
/// <param name="End">The published end; <see cref="ControlLayout.Unpublished"/> where none is told.</param>
/// <param name="Durable">The durable end; -1 where it is none.</param>
/// <param name="Version">Counts changes to the list of segments.</param>
internal readonly record struct ToldEnds(long End, long Durable, long Version)
{
    /// <summary>What stands for a partition without a slot.</summary>
    public static ToldEnds None { get; } = new(ControlLayout.Unpublished, -1, 0);

    /// <summary>
    /// Reads a slot: the end before the version, so that what it counts lies in segments that are known where the
    /// version is.
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

        // The two are stored one after the other. Where this comes between, the next look has them.
        return new ToldEnds(end, check == ControlLayout.DurableCheck(durable) ? durable : -1, version);
    }
}
