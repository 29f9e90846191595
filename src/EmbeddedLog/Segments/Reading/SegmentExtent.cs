using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Manifests;

namespace EmbeddedLog.Segments.Reading;

/// <summary>Which segment it is, where its files lie, and from where to where it goes.</summary>
internal abstract class SegmentExtent
{
    private readonly string _directory;

    /// <summary>
    /// Written once by the partition's writer when the segment ends, position first; read by everyone. Who follows
    /// writes them again where a recovery has taken the end back.
    /// </summary>
    private long _endOffset = long.MaxValue;
    private long _endPosition = long.MaxValue;

    /// <param name="partition">The partition.</param>
    /// <param name="directory">The partition's directory.</param>
    /// <param name="entry">What the manifest says.</param>
    protected SegmentExtent(TopicPartition partition, string directory, in SegmentEntry entry)
    {
        Partition = partition;
        Entry = entry;
        _directory = directory;
        CrcSeed = FrameCrc.SegmentSeed(entry.Uid);
    }

    /// <summary>The partition that the segment belongs to.</summary>
    public TopicPartition Partition { get; }

    /// <summary>What the manifest says of the segment.</summary>
    public SegmentEntry Entry { get; }

    /// <summary>
    /// The segment's file. Made when it is asked for: kept, it would be most of what a segment weighs.
    /// </summary>
    public string Path => SegmentFileName.Of(_directory, Entry.Sequence);

    /// <summary>The file of the segment's sparse index.</summary>
    public string IndexPath => SegmentFileName.IndexOf(_directory, Entry.Sequence);

    /// <summary>The segment's part of every frame's CRC.</summary>
    public uint CrcSeed { get; }

    /// <summary>The offset of the segment's first record.</summary>
    public long BaseOffset => Entry.BaseOffset;

    /// <summary>
    /// The first offset that is not in the segment; <see cref="long.MaxValue"/> while it is written to.
    /// </summary>
    public long EndOffset => Volatile.Read(ref _endOffset);

    /// <summary>
    /// Where the segment's records end in its file; <see cref="long.MaxValue"/> while it is written to.
    /// </summary>
    public long EndPosition => Volatile.Read(ref _endPosition);

    /// <summary>Whether the segment has ended without a record; then its file is never looked at.</summary>
    public bool IsEmpty => EndOffset <= BaseOffset;

    /// <summary>Says where the segment ends. Called once by the partition's writer, or by recovery.</summary>
    public void End(long endOffset, long endPosition)
    {
        Volatile.Write(ref _endPosition, endPosition);
        Volatile.Write(ref _endOffset, endOffset);
    }
}
