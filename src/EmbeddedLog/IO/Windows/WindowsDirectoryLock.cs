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

    /// <summary>Owns the handle of a file that is locked, and writes into it who holds it.</summary>
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
    /// A courtesy to whoever is refused, so a full disk must not keep the log shut: failures are passed over.
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
