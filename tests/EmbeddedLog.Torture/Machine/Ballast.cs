using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Torture.Machine;

/// <summary>Files that fill a file system; deleting them frees the space.</summary>
internal sealed partial class Ballast
{
    private const int BlockBytes = 4096;
    private const int NoSpace = 28; // ENOSPC

    /// <summary>Several instances may share a directory.</summary>
    private static int s_made;

    private readonly string _directory;
    private readonly Stack<string> _pieces = new();

    /// <param name="directory">A directory on the file system.</param>
    public Ballast(string directory) => _directory = directory;

    /// <summary>Whether there are no files.</summary>
    public bool IsEmpty => _pieces.Count == 0;

    /// <summary>Takes space for one piece; the file system must have that space.</summary>
    public void AddOne(long bytes)
    {
        if (!TryAdd(bytes))
        {
            throw new InvalidOperationException($"'{_directory}' has no {bytes} bytes to spare.");
        }
    }

    /// <summary>Takes space in pieces until only the given number of bytes is left.</summary>
    public void Add(long pieceBytes, long leaveBytes)
    {
        while (new DriveInfo(_directory).AvailableFreeSpace is long free && free - leaveBytes >= BlockBytes)
        {
            if (!TryAdd(Math.Min(pieceBytes, free - leaveBytes) & -BlockBytes))
            {
                return;
            }
        }
    }

    /// <summary>Takes all free space, to the last block.</summary>
    public void AddAll()
    {
        long bytes = new DriveInfo(_directory).TotalSize;
        while (bytes >= BlockBytes)
        {
            if (!TryAdd(bytes))
            {
                bytes = bytes / 2 & -BlockBytes;
            }
        }
    }

    /// <summary>Frees one piece.</summary>
    public void RemoveOne() => File.Delete(_pieces.Pop());

    /// <summary>Frees all pieces.</summary>
    public void RemoveAll()
    {
        while (!IsEmpty)
        {
            RemoveOne();
        }
    }

    private bool TryAdd(long bytes)
    {
        string piece = Path.Combine(_directory, $"ballast-{s_made++}");
        int error;
        try
        {
            using SafeFileHandle file = File.OpenHandle(piece, FileMode.CreateNew, FileAccess.Write);
            error = posix_fallocate(file, 0, bytes);
        }
        catch (IOException)
        {
            // No space even for a directory entry.
            return false;
        }

        if (error == 0)
        {
            _pieces.Push(piece);
            return true;
        }

        File.Delete(piece);
        return error == NoSpace
            ? false
            : throw new InvalidOperationException(
                $"'{piece}' cannot be given {bytes} bytes: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>
    /// Returns the error number itself. If the file system cannot reserve blocks, this function writes them.
    /// </summary>
    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int posix_fallocate(SafeFileHandle file, long offset, long length);
}
