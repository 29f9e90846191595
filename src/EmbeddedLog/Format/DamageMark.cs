using System.Buffers.Binary;
using System.Text;
using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Format;

/// <summary>
/// What an opening found of a partition that it could not recover. See FORMAT.md, "Damage".
/// </summary>
/// <param name="WasClosed">Whether the log had been closed cleanly.</param>
/// <param name="CacheSurvived">Whether the page cache had survived the last owner.</param>
/// <param name="FoundAt">When the damage was found, in Unix milliseconds.</param>
/// <param name="Position">The position in the file; negative if unknown.</param>
/// <param name="Offset">The offset; negative if unknown.</param>
/// <param name="File">The name of the file in the partition's directory; empty if unknown.</param>
/// <param name="Expected">The expected content; empty if unknown.</param>
/// <param name="Actual">The actual content; empty if unknown.</param>
/// <param name="Message">The message of the opening that found it, with <see cref="DirectoryToken"/>.</param>
internal sealed record DamageMark(
    bool WasClosed,
    bool CacheSurvived,
    long FoundAt,
    long Position,
    long Offset,
    string File,
    string Expected,
    string Actual,
    string Message)
{
    /// <summary>Stands for the partition's directory in a message, because a log can be moved.</summary>
    public const string DirectoryToken = "<partition>";

    /// <summary>No mark is larger: longer texts are cut.</summary>
    public const int MaxBytes = HeaderBytes + (Texts * MaxTextBytes);

    private const int HeaderBytes = 64;
    private const int Texts = 4;
    private const int MaxTextBytes = 4096;
    private const int FlagsAt = 14;
    private const int FoundAtAt = 16;
    private const int PositionAt = 24;
    private const int OffsetAt = 32;
    private const int LengthsAt = 40;
    private const ushort WasClosedBit = 1;
    private const ushort CacheSurvivedBit = 2;

    private static ReadOnlySpan<byte> Magic => "ELOGDAMG"u8;

    /// <summary>The bytes of the file.</summary>
    public byte[] Encode()
    {
        byte[][] texts = [Cut(File), Cut(Expected), Cut(Actual), Cut(Message)];
        byte[] file = new byte[HeaderBytes + texts.Sum(text => text.Length)];
        Span<byte> block = file;
        int flags = (WasClosed ? WasClosedBit : 0) | (CacheSurvived ? CacheSurvivedBit : 0);
        BinaryPrimitives.WriteUInt16LittleEndian(block[FlagsAt..], (ushort)flags);
        BinaryPrimitives.WriteInt64LittleEndian(block[FoundAtAt..], FoundAt);
        BinaryPrimitives.WriteInt64LittleEndian(block[PositionAt..], Position);
        BinaryPrimitives.WriteInt64LittleEndian(block[OffsetAt..], Offset);
        int at = HeaderBytes;
        for (int i = 0; i < Texts; i++)
        {
            byte[] text = texts[i];
            BinaryPrimitives.WriteUInt16LittleEndian(block[(LengthsAt + (i * sizeof(ushort)))..], (ushort)text.Length);
            text.CopyTo(block[at..]);
            at += text.Length;
        }

        ChecksummedBlock.Seal(block, Magic);
        return file;
    }

    /// <summary>Reads the file's contents; null if it is not an intact mark of this version.</summary>
    public static DamageMark? TryRead(ReadOnlySpan<byte> file)
    {
        if (file.Length is < HeaderBytes or > MaxBytes || ChecksummedBlock.Check(file, Magic) != BlockStatus.Valid)
        {
            return null;
        }

        string[] texts = new string[Texts];
        int at = HeaderBytes;
        for (int i = 0; i < Texts; i++)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(file[(LengthsAt + (i * sizeof(ushort)))..]);
            if (length > file.Length - at)
            {
                return null;
            }

            texts[i] = Encoding.UTF8.GetString(file.Slice(at, length));
            at += length;
        }

        ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(file[FlagsAt..]);
        return new DamageMark(
            (flags & WasClosedBit) != 0,
            (flags & CacheSurvivedBit) != 0,
            BinaryPrimitives.ReadInt64LittleEndian(file[FoundAtAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(file[PositionAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(file[OffsetAt..]),
            texts[0],
            texts[1],
            texts[2],
            texts[3]);
    }

    private static byte[] Cut(string text)
    {
        // Three bytes at most for each UTF-16 unit.
        const int MaxChars = MaxTextBytes / 3;
        return Encoding.UTF8.GetBytes(text.Length <= MaxChars ? text : text[..MaxChars]);
    }
}
