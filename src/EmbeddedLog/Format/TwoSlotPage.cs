using System.Buffers.Binary;
using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Format;

/// <summary>
/// A page of a file that has two of them, one current and one to be overwritten next: what such pages share, whatever
/// else they hold. See FORMAT.md, "Two-slot files".
/// </summary>
internal static class TwoSlotPage
{
    /// <summary>The size of a slot.</summary>
    public const int Bytes = 4096;

    /// <summary>
    /// Where the second slot is: a multiple of every unit that a system or a device writes as a whole, pages of 64 KiB
    /// included, so that the two never share one. What lies between them is never written, and never read.
    /// </summary>
    public const int SecondAt = 64 << 10;

    /// <summary>The size of the file.</summary>
    public const int FileBytes = SecondAt + Bytes;

    /// <summary>Where the page's own fields begin.</summary>
    public const int FieldsAt = 24;

    private const int GenerationAt = 16;

    /// <summary>
    /// The position of the slot in which this generation is kept: the first slot for odd ones, as the first is.
    /// </summary>
    public static long GetPosition(ulong generation) => generation % 2 == 0 ? SecondAt : 0;

    /// <summary>Completes a page whose own fields are in place and whose other bytes are zero.</summary>
    public static void Seal(Span<byte> page, ReadOnlySpan<byte> magic, ulong generation)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(page[GenerationAt..], generation);
        ChecksummedBlock.Seal(page[..Bytes], magic);
    }

    /// <summary>
    /// Tells what stands in the slot at <paramref name="position"/>, of which <paramref name="page"/> is what the file
    /// has.
    /// </summary>
    public static HeaderStatus Check(
        ReadOnlySpan<byte> page, ReadOnlySpan<byte> magic, long position, out ulong generation)
    {
        generation = 0;
        HeaderStatus status = ChecksummedBlock.Check(page, magic);
        if (status != HeaderStatus.Valid)
        {
            return status;
        }

        if (page.Length != Bytes)
        {
            return HeaderStatus.Corrupt;
        }

        generation = BinaryPrimitives.ReadUInt64LittleEndian(page[GenerationAt..]);
        return generation is > 0 and <= FormatLimits.MaxGeneration && GetPosition(generation) == position
            ? HeaderStatus.Valid
            : HeaderStatus.Corrupt;
    }
}
