using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Files;
using EmbeddedLog.Maintenance.Verification;
using EmbeddedLog.Topics;

namespace EmbeddedLog.Opening;

/// <summary>What an opening hands over to the log: all of it is open, and recovered where that was needed.</summary>
/// <param name="Parts">What the log was put together from.</param>
/// <param name="Directory">The directory, owned by this process.</param>
/// <param name="Store">The topics on the disk.</param>
/// <param name="Topics">The topics in memory.</param>
/// <param name="Offsets">What groups have committed.</param>
/// <param name="Recovery">What was kept and what was not.</param>
internal sealed record OpenedLog(
    LogParts Parts,
    LogDirectory Directory,
    TopicStore Store,
    TopicSet Topics,
    OffsetStore Offsets,
    RecoveryReport Recovery)
{
    /// <summary>What there is to verify as of now.</summary>
    public IReadOnlyList<VerifyTarget> GetVerifyTargets() =>
    [
        .. Topics.All.Select(topic => new VerifyTarget(
            () => Store.Reader.Load(topic.Stored.Directory), [.. topic.Partitions.Select(each => each.Log)])),
        new VerifyTarget(() => { }, [Offsets.Log]),
    ];
}
