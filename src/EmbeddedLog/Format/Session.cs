using System.Buffers.Binary;

namespace EmbeddedLog.Format;

/// <summary>The identity of a directory's log, and its last owner. See FORMAT.md, "Session".</summary>
/// <param name="Generation">Counts changes from 1; the greater of two is the newer.</param>
/// <param name="LogUid">Random, never zero: names the log for ever.</param>
/// <param name="CreatedAt">When the log was created, in Unix milliseconds.</param>
/// <param name="OpenedAt">When the last owner opened it, in Unix milliseconds.</param>
/// <param name="ProcessId">The last owner's process.</param>
/// <param name="Clean">The last owner closed the log, with everything flushed.</param>
/// <param name="BootHigh">Upper half of the boot's id under which the last owner ran; zero where unknown.</param>
/// <param name="BootLow">Lower half of the boot's id under which the last owner ran; zero where unknown.</param>
/// <param name="Device">The device on which the last owner saw the directory.</param>
/// <param name="Mount">The mount through which the last owner saw the directory; zero where unknown.</param>
/// <param name="ClosedGeneration">The generation of the list of the last clean close; zero before the first.</param>
/// <param name="ClosedCrc">The checksum of that list.</param>
/// <param name="DirectoryId">
/// The number of the directory in its file system, which distinguishes it from a copy; zero where unknown.
/// </param>
/// <param name="FollowedUid">
/// The uid of the log whose followers keep the offsets of their groups here; zero in a log.
/// </param>
internal readonly record struct Session(
    ulong Generation,
    ulong LogUid,
    long CreatedAt,
    long OpenedAt,
    int ProcessId,
    bool Clean,
    ulong BootHigh,
    ulong BootLow,
    ulong Device,
    ulong Mount,
    ulong ClosedGeneration = 0,
    uint ClosedCrc = 0,
    ulong DirectoryId = 0,
    ulong FollowedUid = 0)
{
    private const int LogUidAt = TwoSlotPage.FieldsAt;
    private const int CreatedAtAt = 32;
    private const int OpenedAtAt = 40;
    private const int ProcessIdAt = 48;
    private const int CleanAt = 52;
    private const int BootHighAt = 56;
    private const int BootLowAt = 64;
    private const int DeviceAt = 72;
    private const int MountAt = 80;
    private const int ClosedGenerationAt = 88;
    private const int ClosedCrcAt = 96;
    private const int DirectoryIdAt = 104;
    private const int FollowedUidAt = 112;

    /// <summary>The first bytes of a session's page.</summary>
    public static ReadOnlySpan<byte> Magic => "ELOGSESS"u8;

    /// <summary>Writes the fields into a blank page; <see cref="TwoSlotPage.Seal"/> completes it.</summary>
    public void WriteFields(Span<byte> page)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(page[LogUidAt..], LogUid);
        BinaryPrimitives.WriteInt64LittleEndian(page[CreatedAtAt..], CreatedAt);
        BinaryPrimitives.WriteInt64LittleEndian(page[OpenedAtAt..], OpenedAt);
        BinaryPrimitives.WriteInt32LittleEndian(page[ProcessIdAt..], ProcessId);
        page[CleanAt] = Clean ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt64LittleEndian(page[BootHighAt..], BootHigh);
        BinaryPrimitives.WriteUInt64LittleEndian(page[BootLowAt..], BootLow);
        BinaryPrimitives.WriteUInt64LittleEndian(page[DeviceAt..], Device);
        BinaryPrimitives.WriteUInt64LittleEndian(page[MountAt..], Mount);
        BinaryPrimitives.WriteUInt64LittleEndian(page[ClosedGenerationAt..], ClosedGeneration);
        BinaryPrimitives.WriteUInt32LittleEndian(page[ClosedCrcAt..], ClosedCrc);
        BinaryPrimitives.WriteUInt64LittleEndian(page[DirectoryIdAt..], DirectoryId);
        BinaryPrimitives.WriteUInt64LittleEndian(page[FollowedUidAt..], FollowedUid);
    }

    /// <summary>Reads the fields of a valid page; false if no writer produces such fields.</summary>
    public static bool TryReadFields(ReadOnlySpan<byte> page, ulong generation, out Session session)
    {
        session = new Session(
            generation,
            BinaryPrimitives.ReadUInt64LittleEndian(page[LogUidAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(page[CreatedAtAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(page[OpenedAtAt..]),
            BinaryPrimitives.ReadInt32LittleEndian(page[ProcessIdAt..]),
            page[CleanAt] == 1,
            BinaryPrimitives.ReadUInt64LittleEndian(page[BootHighAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(page[BootLowAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(page[DeviceAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(page[MountAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(page[ClosedGenerationAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(page[ClosedCrcAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(page[DirectoryIdAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(page[FollowedUidAt..]));
        return session.LogUid != 0 && page[CleanAt] <= 1 && generation <= FormatLimits.MaxEpoch
            && session.ClosedGeneration <= generation && (session.ClosedGeneration > 0 || !session.Clean);
    }
}
