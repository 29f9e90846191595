using EmbeddedLog.Partitions;

namespace EmbeddedLog.Maintenance.Verification;

/// <summary>Partitions to verify, and the file that describes them.</summary>
/// <param name="CheckDescription">Reads that file, and throws if it is damaged.</param>
/// <param name="Partitions">The partitions.</param>
internal sealed record VerifyTarget(Action CheckDescription, IReadOnlyList<PartitionLog> Partitions);
