using System.Runtime.Versioning;
using EmbeddedLog.IO.Unix;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Mac;

/// <summary>An open file on macOS, where a flush of the file does not include stores through a map.</summary>
[SupportedOSPlatform("macos")]
internal sealed unsafe class MacLogFile(SafeFileHandle handle, string path) : UnixLogFile(handle, path)
{
    private readonly WritableMaps _maps = new();

    /// <summary>
    /// Reserves space beyond the file's end. Missing blocks before the end cannot be reserved here, so the caller must
    /// extend a file by allocation alone.
    /// </summary>
    public override void Allocate(long position, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        long end = checked(position + length);
        long missing = end - Length;
        if (missing > 0)
        {
            Check("fcntl(F_PREALLOCATE)", MacSyscalls.Preallocate(Handle, missing));
            Check("ftruncate", UnixSyscalls.SetLength(Handle, end));
        }
    }

    /// <summary>
    /// Fails if the file system has no full flush: a plain fsync leaves bytes in the device's cache, and a power loss
    /// takes them.
    /// </summary>
    public override void Flush(long position, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _maps.Sync(position, length);
        CheckFlush("fcntl(F_FULLFSYNC)", MacSyscalls.FullSync(Handle));
    }

    public override void Dispose()
    {
        _maps.Close();
        base.Dispose();
    }

    private protected override MappedMemory WrapMap(byte* pointer, long length, bool writable)
    {
        MacMappedMemory map = new(pointer, length, Path, writable ? _maps : null);
        if (writable)
        {
            _maps.Add(map);
        }

        return map;
    }
}
