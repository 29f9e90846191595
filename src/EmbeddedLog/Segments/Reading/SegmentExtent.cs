using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Manifests;

namespace EmbeddedLog.Segments.Reading;

/// <summary>The identity of a segment, its files, and its range of offsets and positions.</summary>
internal abstract class SegmentExtent
{
    private readonly string _directory;

    /// <summary>
    /// Written once by the partition's writer when the segment ends, position first; read by everyone. A follower
    /// writes them again if a recovery has moved the end back.
    /// </summary>
    private long _endOffset = long.MaxValue;
    private long _endPosition = long.MaxValue;

    /// <param name="partition">The partition.</param>
    /// <param name="directory">The partition's directory.</param>
    /// <param name="entry">Its entry in the manifest.</param>
    protected SegmentExtent(TopicPartition partition, string directory, in SegmentEntry entry)
    {
        Partition = partition;
        Entry = entry;
        _directory = directory;
        CrcSeed = FrameCrc.SegmentSeed(entry.Uid);
    }

    /// <summary>The partition that the segment belongs to.</summary>
    public TopicPartition Partition { get; }

    /// <summary>The segment's entry in the manifest.</summary>
    public SegmentEntry Entry { get; }

    /// <summary>The segment's file. Made at each call: a stored path would be most of a segment's memory.</summary>
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

    /// <summary>Whether the segment has ended without a record. Its file is never read then.</summary>
    public bool IsEmpty => EndOffset <= BaseOffset;

    /// <summary>Sets the segment's end. Called once by the partition's writer, or by recovery.</summary>
    public void End(long endOffset, long endPosition)
    {
        Volatile.Write(ref _endPosition, endPosition);
        Volatile.Write(ref _endOffset, endOffset);
    }
}
