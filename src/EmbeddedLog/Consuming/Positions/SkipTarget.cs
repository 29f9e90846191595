using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Consuming.Positions;

/// <summary>Finds where reading can continue after the failure of a read.</summary>
internal static class SkipTarget
{
    /// <summary>The offset after a failure at an offset.</summary>
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

        // Retention may have removed the record in the meantime.
        return log.Segments.Find(offset) is not { } segment ? Math.Max(log.StartOffset, offset + 1)
            : failure is LogIOException
                ? SegmentDamage.FindBehindUnreadable(
                    log.Readers, segment, log.PublishedEnd, failure.Position ?? 0, offset)
                : BehindDamage(log, segment, offset);
    }

    /// <summary>The first record after a damaged place, whose extent follows only from its neighbours.</summary>
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
            // The file is missing, or the device cannot read the data for a survey.
            return Math.Min(segment.EndOffset, log.PublishedEnd);
        }
    }
}
