namespace EmbeddedLog.Tests.Simulation;

/// <summary>One step of a random program on one file.</summary>
/// <param name="Action">What is done.</param>
/// <param name="Position">Where, in bytes.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Value">The byte that is written, not zero.</param>
internal readonly record struct DiskStep(DiskAction Action, int Position, int Length, byte Value);
