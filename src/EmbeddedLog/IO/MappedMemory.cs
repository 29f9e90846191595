namespace EmbeddedLog.IO;

/// <summary>
/// A file's bytes in memory. <see cref="Dispose"/> unmaps: no pointer into it may be used afterwards.
/// </summary>
internal abstract unsafe class MappedMemory : IDisposable
{
    /// <summary>The unit of large pages on the systems that have them: what one fault brings in.</summary>
    public const int LargePageBytes = 2 << 20;

    /// <summary>The first byte; page-aligned.</summary>
    public abstract byte* Pointer { get; }

    /// <summary>The number of mapped bytes.</summary>
    public abstract long Length { get; }

    /// <summary>
    /// Makes the pages of the range ready to be stored to, so that the store does not fault. Returns false, having
    /// changed no byte, where the system cannot or will not.
    /// </summary>
    public abstract bool TryPrepareForWrite(long position, long length);

    /// <summary>
    /// Says whether much will be stored at once from now on. Then pages may come in large units, one fault for many, of
    /// which a flush writes each whole however little was stored to it; otherwise they come one by one, as in a new
    /// map. Pages that are present stay as they are. Only advice, without effect where the system knows none.
    /// </summary>
    public virtual void PreferLargePages(bool large)
    {
    }

    /// <summary>
    /// Forgets in one step which of the range's whole pages this process has touched, before a flush of many: that
    /// would otherwise take the right to store to them away one by one, and interrupt every processor for each. The
    /// pages stay in memory, no byte changes, and the next touch finds them. Only advice.
    /// </summary>
    public virtual void ForgetTouches(long position, long length)
    {
    }

    /// <summary>
    /// Makes the pages of the range present, so that reading them does not fault: the fast way to what is not in
    /// memory, for maps of a file that is open for writing read nothing ahead. Returns false when a page cannot be read
    /// and a touch of it would kill the process. A system that cannot tell (macOS, Windows, Linux before 5.14) says
    /// true.
    /// </summary>
    public abstract bool TryPrepareForRead(long position, long length);

    /// <summary>
    /// Takes the pages of the range out of this map, so that it does not keep them from being dropped by somebody else;
    /// the next touch finds them again. No byte changes. Only advice, without effect where the system knows none.
    /// </summary>
    public virtual void LetGo(long position, long length)
    {
    }

    /// <summary>Unmaps.</summary>
    public abstract void Dispose();
}
