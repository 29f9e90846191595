using EmbeddedLog.IO;

namespace EmbeddedLog.Torture.Bitflip;

/// <summary>One change to one file.</summary>
/// <param name="Kind">The kind of change.</param>
/// <param name="Path">The file.</param>
/// <param name="Number">The bit that is flipped, the length that is left, or the approximate position that is
/// overwritten.</param>
/// <param name="Older">The file as it was at an earlier clean close, where it is put back.</param>
internal readonly record struct Damage(DamageKind Kind, string Path, long Number, byte[]? Older = null)
{
    private const int MaxOverwrittenBytes = 600;
    private const int MaxShiftBytes = 32;

    /// <summary>Applies the damage; false if that would change nothing.</summary>
    public bool TryApply(FileSystem files)
    {
        if (Kind == DamageKind.Missing)
        {
            files.DeleteFile(Path);
            return true;
        }

        using LogFile file = files.OpenFile(Path, FileOpening.ReadWrite);
        switch (Kind)
        {
            case DamageKind.Flip:
                byte[] one = new byte[1];
                file.Read(one, Number / 8);
                one[0] ^= (byte)(1 << (int)(Number % 8));
                file.Write(one, Number / 8);
                return true;
            case DamageKind.Cut:
                file.SetLength(Number);
                return true;
            case DamageKind.Older:
                file.SetLength(0);
                file.Write(Older, 0);
                return true;
            default:
                return TryOverwrite(file);
        }
    }

    public override string ToString() => Kind switch
    {
        DamageKind.Flip => $"bit {Number % 8} of byte {Number / 8} of {Path} flipped",
        DamageKind.Cut => $"{Path} cut to {Number} bytes",
        DamageKind.Older => $"{Path} put back as it was at an earlier close",
        DamageKind.Overwrite => $"{Path} overwritten at about byte {Number}",
        _ => $"{Path} missing",
    };

    /// <summary>Random bytes, zeros, ones, or bytes from another place of the file.</summary>
    private bool TryOverwrite(LogFile file)
    {
        if (file.Length == 0)
        {
            return false;
        }

        Random random = new((int)Number);
        long position = Math.Min(Number + random.Next(MaxShiftBytes), file.Length - 1);
        byte[] before = new byte[Math.Min(file.Length - position, random.Next(1, MaxOverwrittenBytes))];
        byte[] bytes = new byte[before.Length];
        file.Read(before, position);
        switch (random.Next(4))
        {
            case 0:
                random.NextBytes(bytes);
                break;
            case 1:
                Array.Fill(bytes, (byte)0xFF);
                break;
            case 2:
                file.Read(bytes, random.NextInt64(file.Length - bytes.Length + 1));
                break;
        }

        file.Write(bytes, position);
        return !bytes.AsSpan().SequenceEqual(before);
    }
}
