using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Segments.Writing;

/// <summary>
/// Appends frames to one segment, in one of two ways. All members but the file are used under the partition's append
/// lock. The failure policy: when <see cref="Begin"/> or <see cref="Commit"/> throws, nothing has been published, the
/// tail has not moved, and the next frame overwrites the bytes behind it.
/// </summary>
internal abstract unsafe class SegmentWriter
{
    protected SegmentWriter(Segment segment, LogFile file, long capacity, long tail)
    {
        Segment = segment;
        File = new SharedFile(file);
        Capacity = capacity;
        Tail = tail;
    }

    /// <summary>The segment that is written.</summary>
    public Segment Segment { get; }

    /// <summary>The segment's descriptor, open from its first byte to its last successful flush.</summary>
    public SharedFile File { get; }

    /// <summary>The segment's size limit in bytes.</summary>
    public long Capacity { get; }

    /// <summary>Where the next frame goes.</summary>
    public long Tail { get; private set; }

    /// <summary>The end of the flushed bytes; moved by the flusher under the append lock.</summary>
    public long FlushedEnd { get; set; }

    /// <summary>Whether a frame fits, with room for the seal behind it.</summary>
    /// <param name="paddedLength">The frame's length.</param>
    /// <param name="limit">The present size limit, which may be below the one at the segment's creation.</param>
    public bool HasRoomFor(int paddedLength, long limit = long.MaxValue) =>
        Tail + paddedLength + FrameLayout.SealBytes <= Math.Min(Capacity, limit);

    /// <summary>The place for the next frame: so many writable bytes, with blocks reserved or in a buffer.</summary>
    /// <exception cref="FileSystemException">There is no space.</exception>
    public abstract byte* Begin(int paddedLength);

    /// <summary>The place for the segment's seal, for which every earlier frame has left room.</summary>
    public abstract byte* BeginSeal();

    /// <summary>
    /// Publishes the frame that was built at the place from <see cref="Begin"/>, without its length word.
    /// </summary>
    public void Commit(int length)
    {
        Publish(length);
        Tail += FrameLayout.Padded(length);
    }

    /// <summary>
    /// Between appends that come one by one: enters the page behind the tail if the next frame may reach it, so that
    /// its append does not wait.
    /// </summary>
    public virtual void EnterNextPage()
    {
    }

    /// <summary>Writes the segment's header page.</summary>
    public abstract void WriteHeader(in SegmentHeader header);

    /// <summary>Makes the frame at the tail visible, its length last.</summary>
    protected abstract void Publish(int length);
}
