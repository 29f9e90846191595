using System.IO.Enumeration;

namespace EmbeddedLog.IO;

/// <summary>Lists directories through the runtime, which knows the structures of every system.</summary>
internal static class DirectoryListing
{
    /// <summary>Everything is listed: the defaults leave out hidden names, and what may not be looked at.</summary>
    private static readonly EnumerationOptions s_everything = new()
    {
        AttributesToSkip = default,
        IgnoreInaccessible = false,
        MatchType = MatchType.Simple,
        RecurseSubdirectories = false,
        ReturnSpecialDirectories = false,
    };

    /// <summary>
    /// The names of the directories in a directory, or of all else, links included, in ordinal order.
    /// </summary>
    /// <param name="found">The directory's path as the system takes it.</param>
    /// <param name="path">Its path for whoever reads of a failure.</param>
    /// <param name="directories">Whether directories are wanted, or all else.</param>
    public static string[] Read(string found, string path, bool directories)
    {
        try
        {
            FileSystemEnumerable<string> names = new(
                found, (ref FileSystemEntry entry) => entry.FileName.ToString(), s_everything)
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) =>
                    (entry.IsDirectory && !IsLink(ref entry)) == directories,
            };
            string[] sorted = [.. names];
            Array.Sort(sorted, StringComparer.Ordinal);
            return sorted;
        }
        catch (DirectoryNotFoundException e)
        {
            throw new FileSystemException("readdir", path, FileSystemError.NotFound, e.HResult, e.Message);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new FileSystemException("readdir", path, FileSystemError.AccessDenied, e.HResult, e.Message);
        }
        catch (IOException e)
        {
            throw new FileSystemException("readdir", path, FileSystemError.Other, e.HResult, e.Message);
        }
    }

    /// <summary>
    /// Whether a directory is only a link to one, which may stand anywhere: who removes a tree must not follow it.
    /// </summary>
    private static bool IsLink(ref FileSystemEntry entry) =>
        (entry.Attributes & FileAttributes.ReparsePoint) != 0 && entry.ToFileSystemInfo().LinkTarget is not null;
}
