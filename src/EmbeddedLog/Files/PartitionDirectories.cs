using System.Globalization;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;

namespace EmbeddedLog.Files;

/// <summary>
/// The directories of a topic's partitions. While some are added, a mark tells that directories which the topic's
/// description does not count are not lost partitions. FORMAT.md, "Adding partitions", has the steps.
/// </summary>
internal static class PartitionDirectories
{
    /// <summary>The directory of one partition.</summary>
    public static string PathOf(string topicDirectory, int partition) =>
        Path.Combine(topicDirectory, partition.ToString(CultureInfo.InvariantCulture));

    /// <summary>Whether partitions are being added, or were when a process died.</summary>
    public static bool IsMarked(FileSystem files, string topicDirectory) =>
        files.FileExists(Path.Combine(topicDirectory, OwnNames.AddingPartitions));

    /// <summary>Marks that partitions are being added; durable on return.</summary>
    public static void Mark(FileSystem files, string topicDirectory)
    {
        string mark = Path.Combine(topicDirectory, OwnNames.AddingPartitions);
        files.OpenFile(mark, FileOpening.OpenOrCreate).Dispose();
        files.SyncDirectory(topicDirectory);
    }

    /// <summary>Takes the mark away; durable on return. No directory may be beyond the number described.</summary>
    public static void Unmark(FileSystem files, string topicDirectory)
    {
        files.DeleteFile(Path.Combine(topicDirectory, OwnNames.AddingPartitions));
        files.SyncDirectory(topicDirectory);
    }

    /// <summary>Makes the directories from one partition on to before another one; durable on return.</summary>
    public static void Make(FileSystem files, string topicDirectory, int from, int to)
    {
        for (int partition = from; partition < to; partition++)
        {
            files.CreateDirectory(PathOf(topicDirectory, partition));
        }

        files.SyncDirectory(topicDirectory);
    }

    /// <summary>The partitions with a directory, from a number on.</summary>
    public static IEnumerable<int> Beyond(IEnumerable<string> names, int count)
    {
        foreach (string name in names)
        {
            if (OwnNames.IsPartition(name, out int partition) && partition >= count)
            {
                yield return partition;
            }
        }
    }

    /// <summary>
    /// Whether there never was a record in the directory of a partition: it has at most the files of an empty one, of
    /// which an addition that ended early may have left any part.
    /// </summary>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public static bool IsUnused(FileSystem files, string directory)
    {
        try
        {
            return files.ListDirectories(directory).Count == 0
                && files.ListFiles(directory).All(name => IsOfAnEmptyOne(files, directory, name));
        }
        catch (FileSystemException failure) when (failure.Error == FileSystemError.NotFound)
        {
            // The owner is removing it.
            return true;
        }
    }

    private static bool IsOfAnEmptyOne(FileSystem files, string directory, string name)
    {
        if (name is Manifest.FileName)
        {
            using LogFile manifest = files.OpenFile(Path.Combine(directory, name), FileOpening.Read);
            return manifest.Length <= ManifestHeader.Bytes;
        }

        return OwnNames.IsSmallFileOfPartition(name);
    }
}
