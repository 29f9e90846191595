using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Index;

namespace EmbeddedLog.Segments.Reading;

/// <summary>A segment whose files this process owns: only its writer changes them.</summary>
/// <param name="resources">What all segments share.</param>
/// <param name="partition">The partition.</param>
/// <param name="directory">The partition's directory.</param>
/// <param name="entry">Its entry in the manifest.</param>
internal sealed unsafe class OwnedSegment(
    SegmentResources resources, TopicPartition partition, string directory, in SegmentEntry entry)
    : Segment(resources, partition, directory, entry)
{
    /// <inheritdoc/>
    public override bool IsOwned => true;

    /// <inheritdoc/>
    public override bool TryExtend(long end, ref byte* memory, out long readable)
    {
        readable = ReadableBytes;
        return true;
    }

    /// <inheritdoc/>
    public override void LetGoOfTail()
    {
    }

    /// <inheritdoc/>
    public override SegmentIndex GetIndexUpTo(long offset) => Index.GetReadable();

    /// <inheritdoc/>
    protected override long MakePresent(ulong[] present, long position, long end, long readable) =>
        MakeChunksPresent(present, position, end, readable, mayGrow: false);

    /// <inheritdoc/>
    protected override bool TryMapUnsynchronized()
    {
        MappedMemory map = SegmentOpening.MapForReading(Files, this);
        SetReadable(EndPosition);
        UseMapUnsynchronized(map);
        return true;
    }
}
