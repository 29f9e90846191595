namespace EmbeddedLog.IO;

/// <summary>
/// One open file. Reads, writes and flushes are safe to call from any thread at once; calls that change the size
/// (<see cref="Allocate"/>, <see cref="SetLength"/>, a <see cref="Write"/> past the end) one after the other;
/// <see cref="Dispose"/> only when no other call is under way. Maps outlive the file that made them, but only an open
/// file can be flushed.
/// </summary>
internal abstract class LogFile : IDisposable
{
    /// <summary>The smallest alignment of reads past the page cache.</summary>
    public const int MinDirectUnitBytes = 4096;

    /// <summary>The largest alignment that a device is known to need: the largest block of Linux.</summary>
    public const int MaxDirectUnitBytes = 64 << 10;

    /// <summary>The alignment of reads past the page cache, in memory and in the file; a power of two.</summary>
    public virtual int DirectUnitBytes => MinDirectUnitBytes;

    /// <summary>The file's absolute path.</summary>
    public abstract string Path { get; }

    /// <summary>The file's size in bytes as of now.</summary>
    public abstract long Length { get; }

    /// <summary>
    /// Reserves blocks for <paramref name="length"/> bytes from <paramref name="position"/> and extends the file to
    /// hold them; the new bytes read as zero. Nothing has changed when it throws. Only where
    /// <see cref="FileSystemTraits.CanAllocate"/>.
    /// </summary>
    public abstract void Allocate(long position, long length);

    /// <summary>Sets the size; a longer file reads as zero there, without blocks.</summary>
    public abstract void SetLength(long length);

    /// <summary>
    /// Reads until the buffer is full or the file ends; returns the number of bytes read. A file that is appended to
    /// through a map is best read through the writer's file or map, or through
    /// <see cref="MappedMemory.TryPrepareForRead"/>: on Linux, reading ahead makes its flushes large.
    /// </summary>
    public abstract int Read(Span<byte> buffer, long position);

    /// <summary>
    /// Writes all of the buffer, extending the file where needed. Any part may have been written when it throws.
    /// </summary>
    public abstract void Write(ReadOnlySpan<byte> buffer, long position);

    /// <summary>
    /// Returns when the bytes of the range, written by <see cref="Write"/> or through any map of this file, and the
    /// size needed to read them are on the device. May flush more. After it threw once, later successes prove nothing:
    /// the exception is a <see cref="FileSystemException.IsFailedFlush"/>. Never called under a lock that an append
    /// takes.
    /// </summary>
    public abstract void Flush(long position, long length);

    /// <summary>
    /// Begins to write a range to the device, so that a later <see cref="Flush"/> finds less to do. Does not wait and
    /// proves nothing: the flush reports failures. Does nothing if the system has no such call.
    /// </summary>
    public virtual void BeginFlush(long position, long length)
    {
    }

    /// <summary>
    /// Maps the file's first <paramref name="length"/> bytes, which may reach beyond its end; touching a page beyond
    /// the end, or storing to one without a block, kills the process. Windows cannot map beyond the end. There a map of
    /// a file that is open for writing grows each time that this <see cref="LogFile"/> extends the file (which may
    /// round its size up to whole pages). A map of a file that is open for reading is as long as the file; see
    /// <see cref="MappedMemory.Length"/>.
    /// </summary>
    public abstract MappedMemory Map(long length, bool writable);

    /// <summary>
    /// Drops the memory behind a range of a map of this file, as far as its bytes are on the device, so that its pages
    /// come back in the unit that the map now prefers. No byte changes; bytes that were not flushed stay in memory.
    /// Returns false if the first page is still there; true also if the system has no such pages.
    /// </summary>
    public virtual bool TryDropPages(MappedMemory map, long position, long length) => true;

    /// <summary>
    /// The same before there is a map, for pages that an earlier user of the file has left in memory.
    /// </summary>
    public virtual void DropPages(long position, long length)
    {
    }

    /// <summary>Closes the file, without a flush.</summary>
    public abstract void Dispose();
}
