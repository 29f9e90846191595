using System.Globalization;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;

namespace EmbeddedLog.Maintenance.Salvaging;

/// <summary>Keeps unchanged copies of the files that a salvage replaces, in a directory beside them.</summary>
internal static class SalvageEvidence
{
    /// <summary>The beginning of the directories' names.</summary>
    public const string Prefix = OwnNames.EvidencePrefix;

    /// <summary>Copies the existing files to a directory that appears as a whole.</summary>
    /// <returns>The directory.</returns>
    /// <exception cref="FileSystemException">There is no space, or another failure.</exception>
    public static string Keep(
        FileSystem files, string partitionDirectory, IEnumerable<string> paths, CancellationToken cancellation)
    {
        int number = 1;
        string name;
        do
        {
            name = Path.Combine(partitionDirectory, Prefix + number++.ToString(CultureInfo.InvariantCulture));
        }
        while (files.DirectoryExists(name));

        string unfinished = name + StoredFile.UnfinishedSuffix;
        if (files.DirectoryExists(unfinished))
        {
            foreach (string file in files.ListFiles(unfinished))
            {
                files.DeleteFile(Path.Combine(unfinished, file));
            }
        }

        files.CreateDirectory(unfinished);
        foreach (string path in paths.Where(files.FileExists))
        {
            Copy(files, path, Path.Combine(unfinished, Path.GetFileName(path)), cancellation);
        }

        files.SyncDirectory(unfinished);
        files.Rename(unfinished, name);
        files.SyncDirectory(partitionDirectory);
        return name;
    }

    /// <summary>Copies a file, flushed. Bytes that the device cannot read are zeros.</summary>
    private static unsafe void Copy(FileSystem files, string from, string to, CancellationToken cancellation)
    {
        using FileReader reader = FileReader.Open(files, from, out long length);
        using LogFile file = files.OpenFile(to, FileOpening.CreateNew);
        file.SetLength(length);
        for (long at = 0; at < length; at += FileReader.MaxBytes)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = (int)Math.Min(FileReader.MaxBytes, length - at);
            if (reader.TryGet(at, count, out byte* bytes))
            {
                file.Write(new ReadOnlySpan<byte>(bytes, count), at);
            }
        }

        file.Flush(0, length);
    }
}
