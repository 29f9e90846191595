namespace EmbeddedLog.Testing.FsCheck.Programs;

/// <summary>What programs may contain.</summary>
/// <param name="Members">How many members there are at most.</param>
/// <param name="Crashes">Whether the process and the machine die.</param>
/// <param name="Rebalances">Whether members come and go.</param>
/// <param name="Failures">Whether the sink fails.</param>
internal sealed record ProgramOptions(int Members, bool Crashes, bool Rebalances, bool Failures);
