using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;

namespace EmbeddedLog.Segments.Reading;

/// <summary>
/// Finds out how far damage in a segment reaches. It reads the segment's file from its beginning, which takes a moment;
/// only who has met damage asks.
/// </summary>
internal static class SegmentDamage
{
    /// <summary>
    /// The frame, or the bad place, that holds an offset; false where the segment does not reach that far.
    /// </summary>
    /// <param name="files">The file system.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="publishedEnd">The end of the log, where the segment is still written to.</param>
    /// <param name="offset">The offset.</param>
    /// <param name="part">What holds it; a bad place holds all offsets up to the next good frame.</param>
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
    /// The offset behind what is hidden by a place that the system cannot read: of the first record that the index
    /// names beyond what is asked for at once, or the end.
    /// </summary>
    /// <param name="readers">Keeps the segment's memory while it is looked at.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="publishedEnd">The end of the log, where the segment is still written to.</param>
    /// <param name="position">The place.</param>
    /// <param name="offset">The offset of the record that stands there.</param>
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
            // There is no index, and the frames to make it from cannot be read.
        }
        finally
        {
            readers.Return(slot);
        }

        return end;
    }
}
