namespace EmbeddedLog.Testing.Simulation.Disks;

/// <summary>An action of the log that would have killed a real process or corrupted a real file.</summary>
/// <param name="Kind">The kind of action.</param>
/// <param name="Path">The file.</param>
/// <param name="Position">The first byte concerned; zero if there is none.</param>
internal sealed record DiskViolation(DiskViolationKind Kind, string Path, long Position);
