using System.Runtime.Versioning;

namespace EmbeddedLog.IO;

/// <summary>A shared map on Linux.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LinuxMappedMemory : UnixMappedMemory
{
    public LinuxMappedMemory(byte* pointer, long length, bool writable)
        : base(pointer, length)
    {
        if (writable)
        {
            // Without this advice faults bring in large folios, and a folio is written whole for each small store to
            // it: an append of 128 bytes then flushes megabytes. It is only advice; a kernel that refuses it is slower.
            _ = UnixSyscalls.Advise(pointer, length, LinuxSyscalls.AdviseRandom);
        }
    }

    public override bool TryPrepareForWrite(long position, long length) =>
        TryPopulate(position, length, LinuxSyscalls.AdvisePopulateWrite);

    public override bool TryPrepareForRead(long position, long length) =>
        TryPopulate(position, length, LinuxSyscalls.AdvisePopulateRead);

    /// <summary>
    /// Faults pages in by a call, where a page that cannot be had (no space, no block, beyond the end, unreadable) is
    /// an error instead of a signal that ends the process. A kernel before 5.14 does not know the call and refuses it
    /// too.
    /// </summary>
    private bool TryPopulate(long position, long length, int advice)
    {
        CheckRange(position, length);
        long start = position & -Environment.SystemPageSize;
        return length == 0 || UnixSyscalls.Advise(Pointer + start, position + length - start, advice) >= 0;
    }
}
