using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Frames;

namespace EmbeddedLog.Segments.Reading;

/// <summary>The exceptions for records that cannot be read, each with what to do.</summary>
internal static class SegmentErrors
{
    /// <summary>A frame that must exist is missing, damaged, or of a kind of a newer version.</summary>
    public static EmbeddedLogException BadFrame(
        SegmentExtent segment, long position, FrameCheck check, long? offset = null) =>
        check == FrameCheck.Unknown
            ? FileErrors.NewerFormat(segment.Path)
            : FileErrors.Corrupt(
                segment.Partition, segment.Path, position, "a frame is not what was written", "a valid frame",
                check switch
                {
                    FrameCheck.Empty => "no frame",
                    FrameCheck.BadLength => "an impossible length",
                    FrameCheck.BadCrc => "a wrong checksum",
                    _ => "a malformed record",
                },
                offset);

    /// <summary>The medium cannot read stored bytes.</summary>
    public static LogIOException Unreadable(TopicPartition partition, string file, long position) =>
        new($"The system cannot read '{file}' at position {position} (partition {partition}). Check the device; the "
            + "rest of the log can still be read. " + FileErrors.AdviceFor(file))
        {
            Topic = partition.Topic,
            Partition = partition.Partition,
            File = file,
            Position = position,
        };

    /// <summary>
    /// The file can be read, but not through a map: a file system in memory needs a page for each unwritten page of a
    /// file.
    /// </summary>
    public static DiskFullException NoSpaceToRead(TopicPartition partition, string file) =>
        new($"There is no space left to read the tail of '{file}' (partition {partition}). Nothing was changed. Free "
            + "some space and open the log again.")
        {
            Topic = partition.Topic,
            Partition = partition.Partition,
            File = file,
        };
}
