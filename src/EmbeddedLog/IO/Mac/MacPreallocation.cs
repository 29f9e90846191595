using System.Runtime.InteropServices;

namespace EmbeddedLog.IO.Mac;

/// <summary>macOS's <c>fstore_t</c>, the argument of F_PREALLOCATE.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MacPreallocation
{
    public uint Flags;
    public int PositionMode;
    public long Position;
    public long Length;
    public long Allocated;
}
