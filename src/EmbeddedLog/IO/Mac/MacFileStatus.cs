using System.Runtime.InteropServices;
using EmbeddedLog.IO.Unix;

namespace EmbeddedLog.IO.Mac;

/// <summary>
/// The used fields of macOS's <c>struct stat</c> with 64-bit inodes: 144 bytes on both architectures.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 144)]
internal struct MacFileStatus
{
    [FieldOffset(0)]
    private readonly uint _device;

    [FieldOffset(4)]
    private readonly ushort _mode;

    [FieldOffset(8)]
    private readonly ulong _inode;

    public readonly UnixFileStatus Status => new(_mode, _device, _inode);
}
