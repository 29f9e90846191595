using System.Buffers.Binary;
using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Format;

/// <summary>
/// The first block of a control file: which log it belongs to, and in which page cache it was written.
/// </summary>
/// <param name="LogUid">The log's uid.</param>
/// <param name="Instance">A random number of the file. It differs if the file was replaced.</param>
/// <param name="BootHigh">Upper half of the boot's id; zero where unknown.</param>
/// <param name="BootLow">Lower half of the boot's id; zero where unknown.</param>
/// <param name="Device">The device on which the owner sees the directory.</param>
/// <param name="Mount">The mount through which the owner sees it; zero where unknown.</param>
internal readonly record struct ControlHeader(
    ulong LogUid, ulong Instance, ulong BootHigh, ulong BootLow, ulong Device, ulong Mount)
{
    private const int LogUidAt = 16;
    private const int InstanceAt = 24;
    private const int BootHighAt = 32;
    private const int BootLowAt = 40;
    private const int DeviceAt = 48;
    private const int MountAt = 56;

    private static ReadOnlySpan<byte> Magic => "ELOGCTRL"u8;

    /// <summary>Fills the block at the file's beginning.</summary>
    public void Write(Span<byte> destination)
    {
        Span<byte> block = destination[..ControlLayout.BlockBytes];
        block.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block[LogUidAt..], LogUid);
        BinaryPrimitives.WriteUInt64LittleEndian(block[InstanceAt..], Instance);
        BinaryPrimitives.WriteUInt64LittleEndian(block[BootHighAt..], BootHigh);
        BinaryPrimitives.WriteUInt64LittleEndian(block[BootLowAt..], BootLow);
        BinaryPrimitives.WriteUInt64LittleEndian(block[DeviceAt..], Device);
        BinaryPrimitives.WriteUInt64LittleEndian(block[MountAt..], Mount);
        ChecksummedBlock.Seal(block, Magic);
    }

    /// <summary>Reads the block; false if there is none, which does not mean damage.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out ControlHeader header)
    {
        header = default;
        if (source.Length < ControlLayout.BlockBytes
            || ChecksummedBlock.Check(source[..ControlLayout.BlockBytes], Magic) != BlockStatus.Valid)
        {
            return false;
        }

        header = new ControlHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(source[LogUidAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[InstanceAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[BootHighAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[BootLowAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[DeviceAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[MountAt..]));
        return true;
    }
}
