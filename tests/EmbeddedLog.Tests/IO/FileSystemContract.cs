using System.Runtime.InteropServices;
using EmbeddedLog.IO;

namespace EmbeddedLog.Tests.IO;

/// <summary>What the contract tests share: the file system under test and an existing, empty directory on it.</summary>
public abstract class FileSystemContract
{
    private protected FileSystemContract(FileSystem files, string root)
    {
        Files = files;
        Root = root;
    }

    /// <summary>The file system under test.</summary>
    private protected FileSystem Files { get; }

    /// <summary>The absolute path of an existing directory that this test has to itself.</summary>
    private protected string Root { get; }

    private protected string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Creates a file with these contents in <see cref="Root"/> and returns its path.</summary>
    private protected string CreateFile(string name, ReadOnlySpan<byte> contents = default)
    {
        using LogFile file = Files.OpenFile(PathOf(name), FileOpening.CreateNew);
        file.Write(contents, 0);
        return file.Path;
    }

    /// <summary>The whole contents of the file at <paramref name="path"/>.</summary>
    private protected byte[] ReadFile(string path)
    {
        using LogFile file = Files.OpenFile(path, FileOpening.Read);
        byte[] contents = new byte[file.Length];
        Assert.Equal(contents.Length, file.Read(contents, 0));
        return contents;
    }

    private protected static void AssertFails(FileSystemError expected, Action action)
    {
        FileSystemException exception = Assert.Throws<FileSystemException>(action);
        Assert.Equal(expected, exception.Error);
    }

    /// <summary>The bytes of a map as a span.</summary>
    private protected static unsafe Span<byte> Bytes(MappedMemory map, long position, int length)
    {
        Assert.InRange(position + length, 0, map.Length);
        return MemoryMarshal.CreateSpan(ref map.Pointer[position], length);
    }

    /// <summary>Bytes that differ from their neighbours and are never zero.</summary>
    private protected static byte[] Pattern(int length, int seed = 0)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)((((i + seed) * 31) % 255) + 1);
        }

        return bytes;
    }
}
