using System.Runtime.Versioning;
using EmbeddedLog.IO.Unix;

namespace EmbeddedLog.IO.Linux;

/// <summary>A shared map on Linux.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LinuxMappedMemory : UnixMappedMemory
{
    /// <summary>
    /// The most bytes of one call: the kernel silently ignores what exceeds a device's read-ahead, which has this
    /// default.
    /// </summary>
    private const int ReadAheadBytes = 128 * 1024;

    /// <summary>Whether the system's huge pages have the size of large pages here.</summary>
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
    /// This overrides the advice against reading ahead: an access brings in one folio of a huge page, which is zeroed,
    /// mapped, and flushed in one step instead of 512. With larger base pages, huge pages are larger too: 32 MiB with
    /// pages of 16 KiB, 512 MiB with 64 KiB. A flush would then write half a segment for each record, so those huge
    /// pages are not used.
    /// </summary>
    public override void PreferLargePages(bool large)
    {
        if (!_hasLargePages)
        {
            return;
        }

        // The whole map: a part of it would become a map of its own, and a process may have only so many.
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
    /// Starts reading all pages before it waits for the first: populating alone reads them one after the other, at a
    /// twentieth of the speed. Both bring in single pages, so this is also the way to read a file that another process
    /// writes.
    /// </summary>
    public override bool TryPrepareForRead(long position, long length)
    {
        CheckRange(position, length);
        long end = position + length;
        for (long asked = position; asked < end; asked += ReadAheadBytes)
        {
            // If the advice is ignored, the next call does the work.
            _ = Advise(asked, Math.Min(ReadAheadBytes, end - asked), LinuxSyscalls.AdviseWillNeed);
        }

        // A kernel without this call reports nothing about the pages.
        return Advise(position, length, LinuxSyscalls.AdvisePopulateRead) is >= 0 or -UnixErrors.InvalidArgument;
    }

    public override void LetGo(long position, long length)
    {
        CheckRange(position, length);
        _ = Advise(position, length, LinuxSyscalls.AdviseDoNotNeed);
    }

    /// <summary>
    /// Advises on whole pages. Populating faults pages in by a call. A page that cannot be had (no space, no block,
    /// beyond the end, unreadable) is then an error, instead of a signal that ends the process.
    /// </summary>
    private long Advise(long position, long length, int advice)
    {
        long start = position & -Environment.SystemPageSize;
        return length == 0 ? 0 : UnixSyscalls.Advise(Pointer + start, position + length - start, advice);
    }
}
