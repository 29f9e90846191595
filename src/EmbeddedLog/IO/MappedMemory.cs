namespace EmbeddedLog.IO;

/// <summary>
/// A file's bytes in memory. <see cref="Dispose"/> unmaps: no pointer into it may be used afterwards.
/// </summary>
internal abstract unsafe class MappedMemory : IDisposable
{
    /// <summary>The size of large pages on the systems that have them: one fault brings in so much.</summary>
    public const int LargePageBytes = 2 << 20;

    /// <summary>The first byte; page-aligned.</summary>
    public abstract byte* Pointer { get; }

    /// <summary>The number of mapped bytes.</summary>
    public abstract long Length { get; }

    /// <summary>
    /// Makes the pages of the range ready to be stored to, so that the store does not fault. Returns false, and changes
    /// no byte, if the system cannot or will not.
    /// </summary>
    public abstract bool TryPrepareForWrite(long position, long length);

    /// <summary>
    /// Says whether much will be stored at once from now on. Pages may then come in large units, with one fault for
    /// many, but a flush writes each unit whole. Otherwise they come one by one, as in a new map. Present pages stay as
    /// they are. Only advice, without effect on systems that have none.
    /// </summary>
    public virtual void PreferLargePages(bool large)
    {
    }

    /// <summary>
    /// Drops the range's whole pages from this process's map in one step, before a flush of many pages. Otherwise the
    /// flush would write-protect them one by one, and interrupt every processor for each. The pages stay in memory, no
    /// byte changes, and the next access finds them. Only advice.
    /// </summary>
    public virtual void ForgetTouches(long position, long length)
    {
    }

    /// <summary>
    /// Makes the pages of the range present, so that reading them does not fault. This is the fast way to pages that
    /// are not in memory, because maps of a file that is open for writing read nothing ahead. Returns false if a page
    /// cannot be read and an access would kill the process. Always true on systems that do not report this (macOS,
    /// Windows, Linux before 5.14).
    /// </summary>
    public abstract bool TryPrepareForRead(long position, long length);

    /// <summary>
    /// Takes the pages of the range out of this map, so that another process can drop them; the next access finds them
    /// again. No byte changes. Only advice, without effect on systems that have none.
    /// </summary>
    public virtual void LetGo(long position, long length)
    {
    }

    /// <summary>Unmaps.</summary>
    public abstract void Dispose();
}
