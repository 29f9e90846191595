using System.Diagnostics;
using System.Runtime.Versioning;

namespace EmbeddedLog.IO.Unix;

/// <summary>A map on Linux and macOS: the common part.</summary>
[UnsupportedOSPlatform("windows")]
internal abstract unsafe class UnixMappedMemory : MappedMemory
{
    /// <summary>The address; zero once it is unmapped. The thread that exchanges it for zero unmaps.</summary>
    private nint _address;

    private protected UnixMappedMemory(byte* pointer, long length)
    {
        _address = (nint)pointer;
        Length = length;
    }

    public override byte* Pointer => (byte*)_address;

    public override long Length { get; }

    public override void Dispose()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address != 0)
        {
            // It can fail only for a wrong address or length.
            long result = UnixSyscalls.Unmap((byte*)address, Length);
            Debug.Assert(result >= 0, "munmap failed");
        }
    }

    private protected void CheckRange(long position, long length)
    {
        ObjectDisposedException.ThrowIf(_address == 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - position);
    }
}
