using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Consuming.Positions;

/// <summary>Finds where reading can go on behind what a read has failed at.</summary>
internal static class SkipTarget
{
    /// <summary>The offset behind a failure at an offset.</summary>
    public static long Find(ReadablePartition log, EmbeddedLogException failure, long offset)
    {
        if (failure is OffsetUnavailableException)
        {
            long start = log.StartOffset;
            return Math.Clamp(offset, start, Math.Max(start, log.PublishedEnd));
        }

        if (failure is not (CorruptLogException or LogIOException))
        {
            return offset + 1;
        }

        // Retention may have removed it meanwhile.
        return log.Segments.Find(offset) is not { } segment ? Math.Max(log.StartOffset, offset + 1)
            : failure is LogIOException
                ? SegmentDamage.FindBehindUnreadable(
                    log.Readers, segment, log.PublishedEnd, failure.Position ?? 0, offset)
                : BehindDamage(log, segment, offset);
    }

    /// <summary>The first record behind a damaged place, of whose extent only its neighbours tell.</summary>
    private static long BehindDamage(ReadablePartition log, Segment segment, long offset)
    {
        try
        {
            return log.TryFindDamage(segment, offset, out SurveyedPart part) && part.IsBad
                ? part.NextOffset
                : offset + 1;
        }
        catch (FileSystemException)
        {
            // The file is missing, or the device does not even give what a survey needs.
            return Math.Min(segment.EndOffset, log.PublishedEnd);
        }
    }
}
