using EmbeddedLog.Diagnostics;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Maintenance.Retention;

/// <summary>Finds out who keeps memory mapped, and with it the space of segments that are gone.</summary>
internal static class Pins
{
    /// <summary>From when on it is told that a removed segment is held.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>All that is held, longest first.</summary>
    public static SegmentPin[] Collect(SegmentResources resources, IEnumerable<ReadablePartition> partitions)
    {
        IEnumerable<Segment> segments = partitions.SelectMany(partition => partition.Segments.Items.ToArray())
            .Concat(resources.Removed.ToArray());
        return
        [
            .. resources.Readers.GetPins()
                .Concat(segments.Select(segment => segment.GetPin()).OfType<SegmentPin>())
                .OrderBy(pin => pin.Since),
        ];
    }

    /// <summary>Tells of removed segments that have been held for long.</summary>
    public static void Warn(SegmentResources resources, ILogger logger)
    {
        DateTimeOffset now = resources.Platform.Time.GetUtcNow();
        foreach (SegmentPin pin in Collect(resources, []))
        {
            if (pin.IsRemoved && now - pin.Since >= s_patience)
            {
                MaintenanceLog.StillPinned(
                    logger, pin.Partition, pin.BaseOffset, pin.Bytes, pin.Leases, pin.Readers, now - pin.Since);
            }
        }
    }
}
