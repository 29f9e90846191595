using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;

namespace EmbeddedLog.Partitions.State;

/// <summary>The small files of a partition.</summary>
/// <param name="Manifest">The list of segments.</param>
/// <param name="Checkpoint">The proven durable end.</param>
internal sealed record PartitionFiles(Manifest Manifest, CheckpointFile Checkpoint) : IDisposable
{
    /// <summary>
    /// Those of a damaged partition: none is open. Nothing asks for one, because its appends and flushes fail before.
    /// </summary>
    public static readonly PartitionFiles None = new(null!, null!);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (this != None)
        {
            Manifest.Dispose();
            Checkpoint.Dispose();
        }
    }
}
