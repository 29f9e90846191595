using System.Runtime.InteropServices;
using EmbeddedLog.IO.Unix;

namespace EmbeddedLog.IO.Linux;

/// <summary>The used fields of <c>struct statx</c>, which has the same layout on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct LinuxFileStatus
{
    private const uint UniqueMount = 0x4000; // STATX_MNT_ID_UNIQUE
    private const uint DirectAlignment = 0x2000; // STATX_DIOALIGN

    [FieldOffset(0)]
    private readonly uint _filled;

    [FieldOffset(28)]
    private readonly ushort _mode;

    [FieldOffset(32)]
    private readonly ulong _inode;

    [FieldOffset(136)]
    private readonly uint _deviceMajor;

    [FieldOffset(140)]
    private readonly uint _deviceMinor;

    [FieldOffset(144)]
    private readonly ulong _mount;

    [FieldOffset(152)]
    private readonly uint _directMemoryAlignment;

    [FieldOffset(156)]
    private readonly uint _directOffsetAlignment;

    public readonly UnixFileStatus Status => new(_mode, ((ulong)_deviceMajor << 32) | _deviceMinor, _inode);

    /// <summary>
    /// The number of the mount, unique during one boot; zero if the kernel has no such number (before Linux 6.8). The
    /// older mount number does not do: a remount often gets the same number again.
    /// </summary>
    public readonly ulong UniqueMountId => (_filled & UniqueMount) != 0 ? _mount : 0;

    /// <summary>
    /// The alignment of reads past the cache, in memory and in the file; null if the file has no such reads. A kernel
    /// without this field (before Linux 6.1) has devices with blocks of at most a page.
    /// </summary>
    public readonly int? DirectUnitBytes =>
        (_filled & DirectAlignment) == 0 ? LogFile.MinDirectUnitBytes
        : _directOffsetAlignment == 0 ? null
        : (int)Math.Max(
            (uint)LogFile.MinDirectUnitBytes,
            Math.Min(int.MaxValue, Math.Max(_directMemoryAlignment, _directOffsetAlignment)));
}
