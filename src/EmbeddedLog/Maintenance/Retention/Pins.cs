using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;


namespace EmbeddedLog.Maintenance.Retention;

/// <summary>Finds out who keeps memory mapped, and with it the space of segments that are gone.</summary>
internal static class Pins
{
    /// <summary>From when on it is told that a removed segment is held.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>All that is held, longest first.</summary>
    public static SegmentPin[] Collect(StorageContext context, IEnumerable<ReadablePartition> partitions)
    {
        IEnumerable<Segment> segments = partitions.SelectMany(partition => partition.Segments.Items.ToArray())
            .Concat(context.Removed.ToArray());
        return
        [
            .. context.Readers.GetPins()
                .Concat(segments.Select(segment => segment.GetPin()).OfType<SegmentPin>())
                .OrderBy(pin => pin.Since),
        ];
    }

    /// <summary>Tells of removed segments that have been held for long.</summary>
    public static void Warn(StorageContext context)
    {
        DateTimeOffset now = context.Platform.Time.GetUtcNow();
        foreach (SegmentPin pin in Collect(context, []))
        {
            if (pin.IsRemoved && now - pin.Since >= s_patience)
            {
                MaintenanceLog.StillPinned(
                    context.Logger, pin.Partition, pin.BaseOffset, pin.Bytes, pin.Leases, pin.Readers, now - pin.Since);
            }
        }
    }
}
