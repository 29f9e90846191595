using EmbeddedLog.Diagnostics;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Maintenance.Retention;

/// <summary>Finds the readers and leases that keep memory mapped, and with it the space of removed segments.</summary>
internal static class Pins
{
    /// <summary>How long a removed segment may be held before a warning is logged.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>All held segments, longest first.</summary>
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

    /// <summary>Logs removed segments that have been held for long.</summary>
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
