using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Windows;

/// <summary>
/// The exclusive lock of a directory: a byte of a file in it, locked through a handle of its own, which excludes other
/// handles of this process as well.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsDirectoryLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private WindowsDirectoryLock(SafeFileHandle file)
    {
        _file = file;
    }

    /// <summary>Takes over the handle of a locked file, and writes the holder's identity into it.</summary>
    public static WindowsDirectoryLock Take(SafeFileHandle file)
    {
        WindowsDirectoryLock taken = new(file);
        try
        {
            taken.WriteOwner();
            return taken;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    /// <summary>Closes the file, which unlocks it.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>
    /// For the message of the next process that is refused. Failures are ignored, so that a full disk does not keep the
    /// log from opening.
    /// </summary>
    private unsafe void WriteOwner()
    {
        byte[] text = LockHolder.Current.ToText();
        fixed (byte* bytes = text)
        {
            if (WindowsSyscalls.Write(_file, bytes, text.Length, 0, out _) == 0)
            {
                _ = WindowsSyscalls.SetLength(_file, text.Length);
            }
        }
    }
}
