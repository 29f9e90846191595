using System.Runtime.Versioning;
using EmbeddedLog.IO.Unix;

namespace EmbeddedLog.IO.Linux;

/// <summary>A shared map on Linux.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LinuxMappedMemory : UnixMappedMemory
{
    /// <summary>
    /// The kernel silently drops what exceeds a device's read-ahead, by default of so much, in one call.
    /// </summary>
    private const int ReadAheadBytes = 128 * 1024;

    /// <summary>Whether the system's huge pages are as large as large pages are here.</summary>
    private readonly bool _hasLargePages;

    public LinuxMappedMemory(byte* pointer, long length, bool isWritten, long hugePageBytes)
        : base(pointer, length)
    {
        _hasLargePages = hugePageBytes == LargePageBytes;
        if (isWritten)
        {
            _ = UnixSyscalls.Advise(pointer, length, LinuxSyscalls.AdviseRandom);
        }
    }

    public override bool TryPrepareForWrite(long position, long length)
    {
        CheckRange(position, length);
        return Advise(position, length, LinuxSyscalls.AdvisePopulateWrite) >= 0;
    }

    /// <summary>
    /// Prevails over the advice against reading ahead: what is touched comes in as one folio of a huge page, which is
    /// zeroed, mapped, and made clean by a flush in one step instead of 512. Where base pages are larger, so are huge
    /// ones: 32 MiB over pages of 16 KiB, 512 MiB over 64 KiB. A flush would write half a segment for each record, so
    /// these are not asked for.
    /// </summary>
    public override void PreferLargePages(bool large)
    {
        if (!_hasLargePages)
        {
            return;
        }

        // The whole map, for a part of it would become a map of its own, of which a process may have only so many.
        int advice = large ? LinuxSyscalls.AdviseHugePages : LinuxSyscalls.AdviseNoHugePages;
        _ = UnixSyscalls.Advise(Pointer, Length, advice);
    }

    public override void ForgetTouches(long position, long length)
    {
        CheckRange(position, length);
        long start = (position + Environment.SystemPageSize - 1) & -Environment.SystemPageSize;
        long end = (position + length) & -Environment.SystemPageSize;
        if (end > start)
        {
            _ = UnixSyscalls.Advise(Pointer + start, end - start, LinuxSyscalls.AdviseDoNotNeed);
        }
    }

    /// <summary>
    /// Asks for all pages before it waits for the first: populating alone reads them one after the other (45 MB/s where
    /// this does 900). Both bring in single pages, so this is also how to look at a file that someone else is writing.
    /// </summary>
    public override bool TryPrepareForRead(long position, long length)
    {
        CheckRange(position, length);
        long end = position + length;
        for (long asked = position; asked < end; asked += ReadAheadBytes)
        {
            // Advice that is not taken leaves the work to the next call.
            _ = Advise(asked, Math.Min(ReadAheadBytes, end - asked), LinuxSyscalls.AdviseWillNeed);
        }

        // A kernel that does not know the call says nothing about the pages.
        return Advise(position, length, LinuxSyscalls.AdvisePopulateRead) is >= 0 or -UnixErrors.InvalidArgument;
    }

    public override void LetGo(long position, long length)
    {
        CheckRange(position, length);
        _ = Advise(position, length, LinuxSyscalls.AdviseDoNotNeed);
    }

    /// <summary>
    /// Advises on whole pages. Populating faults pages in by a call, where a page that cannot be had (no space, no
    /// block, beyond the end, unreadable) is an error instead of a signal that ends the process.
    /// </summary>
    private long Advise(long position, long length, int advice)
    {
        long start = position & -Environment.SystemPageSize;
        return length == 0 ? 0 : UnixSyscalls.Advise(Pointer + start, position + length - start, advice);
    }
}
