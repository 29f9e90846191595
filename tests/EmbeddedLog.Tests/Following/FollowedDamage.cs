using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Tests.Following;

/// <summary>Kinds of damage to a file, by number.</summary>
internal static class FollowedDamage
{
    private const int Cuts = 6;
    private const int Flips = 120;

    /// <summary>How many there are.</summary>
    public static int Count => 2 + Cuts + Flips;

    /// <summary>Damages a file; false where this kind changes nothing in it.</summary>
    public static bool TryDo(FollowFixture fixture, string path, int kind, out string done, bool mayCut = true)
    {
        FileSystem files = fixture.Machine.Platform.Files;
        done = "missing";
        if (kind == 0)
        {
            if (mayCut)
            {
                files.DeleteFile(path);
            }

            return mayCut;
        }

        using LogFile file = files.OpenFile(path, FileOpening.ReadWrite);
        if (kind == 1)
        {
            done = "zeros";
            file.Write(new byte[Math.Min(file.Length, TwoSlotPage.FileBytes)], 0);
            return true;
        }

        if (kind < 2 + Cuts)
        {
            long length = file.Length * (kind - 2) / Cuts;
            done = $"cut to {length} of {file.Length} bytes";
            if (mayCut)
            {
                file.SetLength(length);
            }

            return mayCut;
        }

        // Those that mean something stand at the beginning of pages; the rest is spread over all.
        int flip = kind - 2 - Cuts;
        long position = flip < 2 * Flips / 3
            ? (flip % 2 * TwoSlotPage.SecondAt) + (flip * 13L % 160)
            : flip * 7919L % Math.Min(file.Length, 8192);
        byte[] one = new byte[1];
        if (position >= file.Length || file.Read(one, position) != 1)
        {
            return false;
        }

        one[0] ^= (byte)(1 << (flip * 5 % 8));
        file.Write(one, position);
        done = $"bit {flip * 5 % 8} of byte {position}";
        return true;
    }
}
