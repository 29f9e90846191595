namespace EmbeddedLog;

/// <summary>What a reset of a group changes, or would change.</summary>
/// <param name="Group">The group.</param>
/// <param name="WasDryRun">Whether nothing was committed.</param>
/// <param name="Partitions">The partitions, by topic and number.</param>
public sealed record GroupResetReport(string Group, bool WasDryRun, IReadOnlyList<PartitionReset> Partitions);
