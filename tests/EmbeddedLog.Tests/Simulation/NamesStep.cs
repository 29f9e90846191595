namespace EmbeddedLog.Tests.Simulation;

/// <summary>One step of a random program on names.</summary>
/// <param name="Action">What is done.</param>
/// <param name="From">The path of a file; its directory for a sync.</param>
/// <param name="To">The new path for a rename.</param>
internal readonly record struct NamesStep(NamesAction Action, string From, string To);
