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
        long durable = Math.Max(
            ReadDurable(slot + ControlLayout.DurableAt), ReadDurable(slot + ControlLayout.OtherDurableAt));
        long version = Volatile.Read(ref *(long*)(slot + ControlLayout.VersionAt));

        return new ToldEnds(end, durable, version);
    }

    /// <summary>A durable end; -1 if its check is another one's, because it is being stored, or is damaged.</summary>
    private static unsafe long ReadDurable(byte* at)
    {
        long durable = Volatile.Read(ref *(long*)at);
        ulong check = Volatile.Read(ref *(ulong*)(at + ControlLayout.ToDurableCheck));
        return check == ControlLayout.DurableCheck(durable) ? durable : -1;
    }
}
