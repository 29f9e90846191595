using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;

namespace EmbeddedLog.Partitions.State;

/// <summary>The small files of a partition.</summary>
/// <param name="Manifest">The list of segments.</param>
/// <param name="Checkpoint">The proven durable end.</param>
internal sealed record PartitionFiles(Manifest Manifest, CheckpointFile Checkpoint) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Manifest.Dispose();
        Checkpoint.Dispose();
    }
}
