using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;

namespace EmbeddedLog.Segments.Reading;

/// <summary>
/// Finds the extent of damage in a segment. It reads the segment's file from its beginning, which takes a moment, and
/// is used only after a read has met damage.
/// </summary>
internal static class SegmentDamage
{
    /// <summary>The frame, or the damaged region, of an offset; false if the segment does not reach that far.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="publishedEnd">The end of the log, for a segment that is still written to.</param>
    /// <param name="offset">The offset.</param>
    /// <param name="part">The frame, or the damaged region, which holds all offsets up to the next good frame.</param>
    /// <exception cref="FileSystemException">The file is missing, or the file system failed.</exception>
    public static bool TryFind(
        FileSystem files, Segment segment, long publishedEnd, long offset, out SurveyedPart part)
    {
        bool isActive = segment.EndOffset == long.MaxValue;
        using FileReader reader = FileReader.Open(files, segment.Path, out long length);
        SegmentSurvey survey = new(
            reader,
            segment.Entry.Uid,
            segment.BaseOffset,
            isActive ? publishedEnd : segment.EndOffset,
            isActive ? length : Math.Min(length, segment.EndPosition),
            isActive);
        while (survey.TryNext(out part))
        {
            if (part.FirstOffset <= offset && offset < part.NextOffset)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The offset behind an unreadable region: that of the first record in the index beyond the bytes that are read at
    /// once, or the end.
    /// </summary>
    /// <param name="readers">Keeps the segment's memory mapped.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="publishedEnd">The end of the log, for a segment that is still written to.</param>
    /// <param name="position">The position of the region.</param>
    /// <param name="offset">The offset of the record there.</param>
    public static long FindBehindUnreadable(
        ReaderEpochs readers, Segment segment, long publishedEnd, long position, long offset)
    {
        long end = Math.Min(segment.EndOffset, publishedEnd);
        if (segment is { IsOwned: false, EndOffset: long.MaxValue })
        {
            return end;
        }

        long behind = (position & -Segment.ChunkBytes) + Segment.ChunkBytes;
        ReaderSlot slot = readers.Rent();
        slot.Enter();
        try
        {
            foreach (IndexEntry entry in segment.Index.Get().Entries)
            {
                if (entry.Position >= behind && segment.BaseOffset + entry.RelativeOffset > offset)
                {
                    return Math.Min(end, segment.BaseOffset + entry.RelativeOffset);
                }
            }
        }
        catch (EmbeddedLogException)
        {
            // There is no index, and the frames for a new one cannot be read.
        }
        finally
        {
            readers.Return(slot);
        }

        return end;
    }
}
