using System.Diagnostics;
using System.Runtime.Versioning;

namespace EmbeddedLog.IO.Unix;

/// <summary>What Linux and macOS do alike with a map.</summary>
[UnsupportedOSPlatform("windows")]
internal abstract unsafe class UnixMappedMemory : MappedMemory
{
    /// <summary>The address; zero once it is unmapped. Whoever exchanges it for zero unmaps.</summary>
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
            // It can fail only for an address or a length that are not those of the map.
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
