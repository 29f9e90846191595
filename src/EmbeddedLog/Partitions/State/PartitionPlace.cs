using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;

namespace EmbeddedLog.Partitions.State;

/// <summary>Checks that the directories of the log and of the partition are still at their paths.</summary>
internal sealed class PartitionPlace
{
    private readonly PartitionIdentity _identity;
    private readonly DirectoryWatch? _watch;
    private readonly Manifest _manifest;

    /// <param name="identity">The partition.</param>
    /// <param name="watch">Watches the log's directory; null without a log around the partition.</param>
    /// <param name="manifest">The partition's manifest, open.</param>
    public PartitionPlace(PartitionIdentity identity, DirectoryWatch? watch, Manifest manifest)
    {
        _identity = identity;
        _watch = watch;
        _manifest = manifest;
    }

    /// <summary>The known fault of the log's directory, without another check.</summary>
    public LogDirectoryException? KnownGone => _watch?.Failure;

    /// <summary>Checks the directories; returns the fault, or null.</summary>
    public LogDirectoryException? FindGone() =>
        _watch?.Look() ?? (_manifest.IsInPlace() ? null : PartitionErrors.Gone(_identity.Id, _identity.Directory));
}
