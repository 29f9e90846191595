using EmbeddedLog.Format;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Following;

/// <summary>Kinds of damage to a file, by number.</summary>
internal static class FollowedDamage
{
    private const int Cuts = 6;
    private const int Flips = 120;

    private const string Manifest = OpenLog.Directory + "/topics/topic-1/0/manifest";

    /// <summary>How many there are.</summary>
    public static int Count => 2 + Cuts + Flips;

    /// <summary>Damages the manifest of the fixture's topic; returns what it was.</summary>
    public static byte[] OfManifest(FollowFixture fixture)
    {
        using LogFile file = fixture.Machine.Platform.Files.OpenFile(Manifest, FileOpening.ReadWrite);
        byte[] good = new byte[file.Length];
        Assert.Equal(good.Length, file.Read(good, 0));
        file.Write(new byte[good.Length], 0);
        return good;
    }

    /// <summary>Makes the manifest what it was.</summary>
    public static void Repair(FollowFixture fixture, byte[] good)
    {
        using LogFile file = fixture.Machine.Platform.Files.OpenFile(Manifest, FileOpening.ReadWrite);
        file.Write(good, 0);
    }

    /// <summary>
    /// Inverts bytes in the frame of a record in the last segment; its records are all as long. An owner that does not
    /// know its page cache again takes that for a torn tail, if nothing behind proves that it was flushed.
    /// </summary>
    public static void OfRecord(FollowFixture fixture, long offset)
    {
        Segment last = fixture.Partition.Log.Segments.Last!;
        using LogFile file = fixture.Machine.Platform.Files.OpenFile(last.Path, FileOpening.ReadWrite);
        byte[] length = new byte[4];
        long position = SegmentHeader.PageBytes;
        for (long i = last.BaseOffset; i < offset; i++)
        {
            file.Read(length, position);
            position += FrameLayout.Padded(BitConverter.ToInt32(length));
        }

        file.Write([0xFF, 0xFF, 0xFF, 0xFF], position + 40);
    }

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
