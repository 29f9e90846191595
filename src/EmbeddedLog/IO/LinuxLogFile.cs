using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO;

/// <summary>An open file on Linux, where one page cache serves reads, writes, maps and flushes.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LinuxLogFile(SafeFileHandle handle, string path) : UnixLogFile(handle, path)
{
    public override void Allocate(long position, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        long before = Length;
        long result = LinuxSyscalls.Allocate(Handle, position, length);
        if (result < 0)
        {
            Undo(before);
            throw UnixErrors.Failure("fallocate", Path, result);
        }
    }

    public override void Flush(long position, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Check("fdatasync", LinuxSyscalls.SyncData(Handle));
    }

    private protected override MappedMemory WrapMap(byte* pointer, long length, bool writable)
    {
        return new LinuxMappedMemory(pointer, length, writable);
    }

    /// <summary>
    /// Takes back what a failed allocation left: ext4 keeps the blocks that it found before the disk was full, and has
    /// extended the file over them. They are not lost if this fails in turn, for the next allocation finds them there.
    /// </summary>
    private void Undo(long lengthBefore)
    {
        if (UnixSyscalls.GetLength(Handle) > lengthBefore)
        {
            _ = UnixSyscalls.SetLength(Handle, lengthBefore);
        }
    }
}
