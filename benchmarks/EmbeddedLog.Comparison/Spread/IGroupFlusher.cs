using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Comparison.Spread;

/// <summary>A way to flush several files that were just written.</summary>
internal interface IGroupFlusher : IDisposable
{
    /// <summary>Returns when everything written to these files is on the disk.</summary>
    void Flush(SafeFileHandle[] files);
}
