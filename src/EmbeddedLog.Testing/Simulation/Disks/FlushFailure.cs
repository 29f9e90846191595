using EmbeddedLog.IO;

namespace EmbeddedLog.Testing.Simulation.Disks;

/// <summary>A flush that is going to fail.</summary>
/// <param name="LostShare">How likely each dirty page is marked clean without being written.</param>
/// <param name="Error">What the flush says.</param>
/// <param name="Path">The file whose flush fails; null for any.</param>
internal sealed record FlushFailure(double LostShare, FileSystemError Error, string? Path);
