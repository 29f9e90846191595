using EmbeddedLog.IO;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Segments.Reading;

/// <summary>What all segments of an open log share: the system, and what bounds the memory that they take.</summary>
/// <param name="platform">The seam to the system.</param>
/// <param name="readers">Decides when memory can be unmapped.</param>
/// <param name="open">Bounds the mapped segments.</param>
/// <param name="loggerUnderLock">Where that is told which is found under a lock.</param>
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

    /// <summary>Bounds the memory of what is loaded to find offsets in segments that are only read.</summary>
    public LoadedIndexes Indexes { get; } = new(MaxIndexBytes);

    /// <summary>What leases keep of segments that are gone.</summary>
    public RemovedSegments Removed { get; } = new();

    /// <summary>Where that is told which is found under a lock.</summary>
    public ILogger LoggerUnderLock { get; } = loggerUnderLock;
}
