namespace EmbeddedLog.IO.Unix;

/// <summary>The type and the identity of a file.</summary>
/// <param name="Mode">Its type and permissions, <c>st_mode</c>.</param>
/// <param name="Device">The number of its device.</param>
/// <param name="Inode">Its number on the device: two names with both numbers equal are one file.</param>
internal readonly record struct UnixFileStatus(uint Mode, ulong Device, ulong Inode)
{
    private const uint TypeMask = 0xF000;

    public bool IsFile => (Mode & TypeMask) == 0x8000;

    public bool IsDirectory => (Mode & TypeMask) == 0x4000;

    public bool IsSameFileAs(UnixFileStatus other) => Device == other.Device && Inode == other.Inode;
}
