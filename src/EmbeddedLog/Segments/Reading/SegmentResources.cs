using EmbeddedLog.IO;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Segments.Reading;

/// <summary>The objects that all segments of an open log share: the system, and the bounds of their memory.</summary>
/// <param name="platform">The seam to the system.</param>
/// <param name="readers">Decides when memory can be unmapped.</param>
/// <param name="open">Bounds the mapped segments.</param>
/// <param name="loggerUnderLock">A logger for use under a lock.</param>
internal sealed class SegmentResources(
    Platform platform, ReaderEpochs readers, OpenSegments open, ILogger loggerUnderLock)
{
    /// <summary>The indexes of 64 segments of the default size, or of 4 of the largest.</summary>
    private const long MaxIndexBytes = 16 << 20;

    /// <summary>The seam to the system.</summary>
    public Platform Platform { get; } = platform;

    /// <summary>Decides when memory can be unmapped.</summary>
    public ReaderEpochs Readers { get; } = readers;

    /// <summary>Bounds the mapped segments.</summary>
    public OpenSegments Open { get; } = open;

    /// <summary>Bounds the memory of the indexes of segments that are only read.</summary>
    public LoadedIndexes Indexes { get; } = new(MaxIndexBytes);

    /// <summary>The removed segments that leases keep.</summary>
    public RemovedSegments Removed { get; } = new();

    /// <summary>A logger for use under a lock.</summary>
    public ILogger LoggerUnderLock { get; } = loggerUnderLock;
}
