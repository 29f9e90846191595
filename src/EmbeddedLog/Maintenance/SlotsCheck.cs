using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Maintenance;

/// <summary>Checks a file of two slots while its owner may be writing one of them.</summary>
internal static class SlotsCheck
{
    private const int FileBytes = 2 * TwoSlotPage.Bytes;

    /// <summary>How often a slot is read that may be half written.</summary>
    private const int Attempts = 3;

    /// <summary>Checks both slots.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="path">The file.</param>
    /// <param name="magic">What its slots begin with.</param>
    /// <param name="generation">The newest generation that it was known to have before the call.</param>
    /// <param name="partition">The partition, where it has one.</param>
    /// <param name="findings">Where to tell.</param>
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

        byte[] bytes = Read(files, path);
        for (int attempt = 1; attempt < Attempts && HasBadSlot(bytes, magic); attempt++)
        {
            byte[] again = Read(files, path);
            attempt = again.AsSpan().SequenceEqual(bytes) ? attempt : 0;
            bytes = again;
        }

        ulong newest = 0;
        for (int at = 0; at < FileBytes; at += TwoSlotPage.Bytes)
        {
            HeaderStatus status = Check(bytes, magic, at, out ulong found);
            newest = Math.Max(newest, status == HeaderStatus.Valid ? found : 0);
        }

        for (int at = 0; at < FileBytes; at += TwoSlotPage.Bytes)
        {
            HeaderStatus status = Check(bytes, magic, at, out _);
            if (status is HeaderStatus.Corrupt or HeaderStatus.NewerVersion)
            {
                Tell(at, "an intact slot", "a wrong checksum", isHarmless: newest >= generation);
            }
        }

        if (newest < generation)
        {
            Tell(0, $"generation {generation}", $"generation {newest}", isHarmless: false);
        }

        void Tell(long position, string expected, string actual, bool isHarmless) => findings.Add(
            new VerifyFinding(partition, path, position, expected, actual, null, null, isHarmless));
    }

    private static bool HasBadSlot(byte[] bytes, ReadOnlySpan<byte> magic) =>
        Check(bytes, magic, 0, out _) == HeaderStatus.Corrupt
        || Check(bytes, magic, TwoSlotPage.Bytes, out _) == HeaderStatus.Corrupt;

    private static HeaderStatus Check(byte[] bytes, ReadOnlySpan<byte> magic, int at, out ulong generation) =>
        TwoSlotPage.Check(
            bytes.AsSpan(Math.Min(at, bytes.Length), Math.Clamp(bytes.Length - at, 0, TwoSlotPage.Bytes)),
            magic,
            at,
            out generation);

    private static byte[] Read(FileSystem files, string path)
    {
        byte[] bytes = new byte[FileBytes];
        using LogFile file = files.OpenFile(path, FileOpening.Read);
        return bytes[..file.Read(bytes, 0)];
    }
}
