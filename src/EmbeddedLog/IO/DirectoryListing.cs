using System.IO.Enumeration;

namespace EmbeddedLog.IO;

/// <summary>Lists directories through the runtime, which has the structures of every system.</summary>
internal static class DirectoryListing
{
    /// <summary>Lists everything: the defaults leave out hidden and inaccessible names.</summary>
    private static readonly EnumerationOptions s_everything = new()
    {
        AttributesToSkip = default,
        IgnoreInaccessible = false,
        MatchType = MatchType.Simple,
        RecurseSubdirectories = false,
        ReturnSpecialDirectories = false,
    };

    /// <summary>
    /// The names of the directories in a directory, or of everything else with links, in ordinal order.
    /// </summary>
    /// <param name="found">The directory's path as the system takes it.</param>
    /// <param name="path">Its path for messages of failures.</param>
    /// <param name="directories">True for directories, false for everything else.</param>
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
    /// Whether a directory is only a link to one, which may be anywhere. The removal of a tree must not follow it.
    /// </summary>
    private static bool IsLink(ref FileSystemEntry entry) =>
        (entry.Attributes & FileAttributes.ReparsePoint) != 0 && entry.ToFileSystemInfo().LinkTarget is not null;
}
