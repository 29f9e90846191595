using EmbeddedLog.IO;

namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>Copies, damages, removes and puts back files and directories.</summary>
internal static class DiskPieces
{
    /// <summary>Changes a bit of the byte at a position.</summary>
    public static void Flip(FileSystem files, string path, long position)
    {
        using LogFile file = files.OpenFile(path, FileOpening.ReadWrite);
        byte[] one = new byte[1];
        file.Read(one, position);
        one[0] ^= 4;
        file.Write(one, position);
    }

    /// <summary>Removes a file, or a directory with all that is in it.</summary>
    public static void Remove(FileSystem files, string path)
    {
        if (files.FileExists(path))
        {
            files.DeleteFile(path);
            return;
        }

        files.ListFiles(path).ToList().ForEach(name => files.DeleteFile(Path.Combine(path, name)));
        files.ListDirectories(path).ToList().ForEach(name => Remove(files, Path.Combine(path, name)));
        files.DeleteDirectory(path);
    }

    /// <summary>Puts back a file, or a directory with all that was in it and nothing else.</summary>
    public static void Restore(FileSystem files, string path, Dictionary<string, byte[]> older)
    {
        if (files.FileExists(path) || files.DirectoryExists(path))
        {
            Remove(files, path);
        }

        foreach ((string name, byte[] bytes) in older)
        {
            if (name == path || name.StartsWith(path + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                Make(files, Path.GetDirectoryName(name)!);
                using LogFile file = files.OpenFile(name, FileOpening.CreateNew);
                file.Write(bytes, 0);
            }
        }
    }

    private static void Make(FileSystem files, string directory)
    {
        if (!files.DirectoryExists(directory))
        {
            Make(files, Path.GetDirectoryName(directory)!);
            files.CreateDirectory(directory);
        }
    }

    /// <summary>All files of a directory, by path.</summary>
    public static Dictionary<string, byte[]> Copy(FileSystem files, string directory)
    {
        Dictionary<string, byte[]> copy = [];
        foreach (string name in files.ListFiles(directory))
        {
            string path = Path.Combine(directory, name);
            copy.Add(path, ReadFile(files, path));
        }

        foreach (string name in files.ListDirectories(directory))
        {
            foreach ((string path, byte[] bytes) in Copy(files, Path.Combine(directory, name)))
            {
                copy.Add(path, bytes);
            }
        }

        return copy;
    }

    /// <summary>All bytes of a file.</summary>
    public static byte[] ReadFile(FileSystem files, string path)
    {
        using LogFile file = files.OpenFile(path, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return bytes;
    }
}
