namespace EmbeddedLog.Comparison;

/// <summary>The figure of a system in a workload.</summary>
/// <param name="Workload">The workload.</param>
/// <param name="System">The system.</param>
/// <param name="Value">The median of the rounds.</param>
/// <param name="Rounds">The figure of each round.</param>
internal sealed record Result(Workload Workload, string System, double Value, IReadOnlyList<double> Rounds);
