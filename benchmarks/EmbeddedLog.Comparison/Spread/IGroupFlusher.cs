using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Comparison.Spread;

/// <summary>A way to put on the disk what was just written to several files.</summary>
internal interface IGroupFlusher : IDisposable
{
    /// <summary>Returns when all that was written to these files is on the disk.</summary>
    void Flush(SafeFileHandle[] files);
}
