using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Files;
using EmbeddedLog.Maintenance.Verification;
using EmbeddedLog.Serialization;
using EmbeddedLog.Topics;

namespace EmbeddedLog.Opening;

/// <summary>The result of an opening: everything is open and recovered.</summary>
/// <param name="Parts">The parts of the log.</param>
/// <param name="Directory">The directory, owned by this process.</param>
/// <param name="Store">The topics on the disk.</param>
/// <param name="Topics">The topics in memory.</param>
/// <param name="Offsets">What groups have committed.</param>
/// <param name="Serdes">Finds serializers by type.</param>
/// <param name="Recovery">What was kept and what was not.</param>
internal sealed record OpenedLog(
    LogParts Parts,
    LogDirectory Directory,
    TopicStore Store,
    TopicSet Topics,
    OffsetStore Offsets,
    SerdeResolver Serdes,
    RecoveryReport Recovery)
{
    /// <summary>The present targets of a verification.</summary>
    public IReadOnlyList<VerifyTarget> GetVerifyTargets() =>
    [
        .. Topics.All.Select(topic => new VerifyTarget(
            () => Store.Reader.Load(topic.Stored.Directory), [.. topic.Partitions.Select(each => each.Log)])),
        new VerifyTarget(() => { }, [Offsets.Log]),
    ];
}
