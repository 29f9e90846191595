using System.Buffers.Binary;
using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Format;

/// <summary>
/// A page of a two-slot file, which has one current page and one that is overwritten next: the part that all such pages
/// share. See FORMAT.md, "Two-slot files".
/// </summary>
internal static class TwoSlotPage
{
    /// <summary>The size of a slot.</summary>
    public const int Bytes = 4096;

    /// <summary>
    /// The position of the second slot: a multiple of every unit that a system or a device writes as a whole, pages of
    /// 64 KiB included, so that the slots never share one. The bytes between the slots are never written and never
    /// read.
    /// </summary>
    public const int SecondAt = 64 << 10;

    /// <summary>The size of the file.</summary>
    public const int FileBytes = SecondAt + Bytes;

    /// <summary>Where the page's own fields begin.</summary>
    public const int FieldsAt = 24;

    private const int GenerationAt = 16;

    /// <summary>
    /// The position of the slot of a generation: the first slot for odd generations, because the first generation is
    /// odd.
    /// </summary>
    public static long GetPosition(ulong generation) => generation % 2 == 0 ? SecondAt : 0;

    /// <summary>Completes a page whose own fields are in place and whose other bytes are zero.</summary>
    public static void Seal(Span<byte> page, ReadOnlySpan<byte> magic, ulong generation)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(page[GenerationAt..], generation);
        ChecksummedBlock.Seal(page[..Bytes], magic);
    }

    /// <summary>
    /// Checks the slot at <paramref name="position"/>, of which <paramref name="page"/> is the part that the file has.
    /// </summary>
    public static BlockStatus Check(
        ReadOnlySpan<byte> page, ReadOnlySpan<byte> magic, long position, out ulong generation)
    {
        generation = 0;
        BlockStatus status = ChecksummedBlock.Check(page, magic);
        if (status != BlockStatus.Valid)
        {
            return status;
        }

        if (page.Length != Bytes)
        {
            return BlockStatus.Corrupt;
        }

        generation = BinaryPrimitives.ReadUInt64LittleEndian(page[GenerationAt..]);
        return generation is > 0 and <= FormatLimits.MaxGeneration && GetPosition(generation) == position
            ? BlockStatus.Valid
            : BlockStatus.Corrupt;
    }
}
