using System.Runtime.Versioning;
using EmbeddedLog.IO.Unix;

namespace EmbeddedLog.IO.Mac;

/// <summary>A shared map on macOS.</summary>
[SupportedOSPlatform("macos")]
internal sealed unsafe class MacMappedMemory : UnixMappedMemory, IWritableMap
{
    private readonly string _path;

    /// <summary>The maps that a flush of the file includes; null for a read-only map.</summary>
    private readonly WritableMaps? _siblings;

    public MacMappedMemory(byte* pointer, long length, string path, WritableMaps? siblings)
        : base(pointer, length)
    {
        _path = path;
        _siblings = siblings;
    }

    /// <summary>Always false: macOS has no call that faults pages in and reports failures.</summary>
    public override bool TryPrepareForWrite(long position, long length)
    {
        CheckRange(position, length);
        return false;
    }

    /// <summary>Always true, for the same reason: no page is known to be bad.</summary>
    public override bool TryPrepareForRead(long position, long length)
    {
        CheckRange(position, length);
        return true;
    }

    public void Sync(long position, long length)
    {
        long start = position & -Environment.SystemPageSize;
        long result = UnixSyscalls.SyncMap(Pointer + start, position + length - start, MacSyscalls.SyncMapNow);
        if (result < 0)
        {
            throw UnixErrors.FailedFlush("msync", _path, result);
        }
    }

    public override void Dispose()
    {
        _siblings?.Remove(this);
        base.Dispose();
    }
}
