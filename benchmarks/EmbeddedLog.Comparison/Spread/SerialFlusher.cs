using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Comparison.Spread;

/// <summary>One file after the other.</summary>
internal sealed class SerialFlusher : IGroupFlusher
{
    public void Flush(SafeFileHandle[] files)
    {
        foreach (SafeFileHandle file in files)
        {
            Posix.Flush(file);
        }
    }

    public void Dispose()
    {
    }
}
