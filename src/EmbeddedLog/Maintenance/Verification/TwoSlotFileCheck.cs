using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.IO;

namespace EmbeddedLog.Maintenance.Verification;

/// <summary>Checks a file of two slots while its owner may be writing one of them.</summary>
internal static class TwoSlotFileCheck
{
    private static readonly int[] s_positions = [0, TwoSlotPage.SecondAt];

    /// <summary>How often a slot that may be half written is read again.</summary>
    private const int Attempts = 3;

    /// <summary>Checks both slots.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="path">The file.</param>
    /// <param name="magic">The first bytes of its slots.</param>
    /// <param name="generation">The newest generation that it had before the call.</param>
    /// <param name="partition">The partition, or null.</param>
    /// <param name="findings">Collects the findings.</param>
    public static void Run(
        FileSystem files,
        string path,
        ReadOnlySpan<byte> magic,
        ulong generation,
        TopicPartition? partition,
        VerifyFindings findings)
    {
        if (generation == 0)
        {
            return;
        }

        byte[][] slots = Read(files, path);
        for (int attempt = 1; attempt < Attempts && HasBadSlot(slots, magic); attempt++)
        {
            byte[][] again = Read(files, path);
            attempt = again[0].AsSpan().SequenceEqual(slots[0]) && again[1].AsSpan().SequenceEqual(slots[1])
                ? attempt
                : 0;
            slots = again;
        }

        ulong newest = 0;
        for (int slot = 0; slot < slots.Length; slot++)
        {
            BlockStatus status = Check(slots, magic, slot, out ulong found);
            newest = Math.Max(newest, status == BlockStatus.Valid ? found : 0);
        }

        for (int slot = 0; slot < slots.Length; slot++)
        {
            BlockStatus status = Check(slots, magic, slot, out _);
            if (status is BlockStatus.Corrupt or BlockStatus.NewerVersion)
            {
                Tell(s_positions[slot], "an intact slot", "a wrong checksum", isHarmless: newest >= generation);
            }
        }

        if (newest < generation)
        {
            Tell(0, $"generation {generation}", $"generation {newest}", isHarmless: false);
        }

        void Tell(long position, string expected, string actual, bool isHarmless) => findings.Add(
            new VerifyFinding(partition, path, position, expected, actual, null, null, isHarmless));
    }

    private static bool HasBadSlot(byte[][] slots, ReadOnlySpan<byte> magic) =>
        Check(slots, magic, 0, out _) == BlockStatus.Corrupt || Check(slots, magic, 1, out _) == BlockStatus.Corrupt;

    private static BlockStatus Check(byte[][] slots, ReadOnlySpan<byte> magic, int slot, out ulong generation) =>
        TwoSlotPage.Check(slots[slot], magic, s_positions[slot], out generation);

    private static byte[][] Read(FileSystem files, string path)
    {
        using LogFile file = files.OpenFile(path, FileOpening.Read);
        return [TwoSlotFile.ReadSlot(file, s_positions[0]), TwoSlotFile.ReadSlot(file, s_positions[1])];
    }
}
