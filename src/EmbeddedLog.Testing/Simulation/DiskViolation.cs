namespace EmbeddedLog.Testing.Simulation;

/// <summary>Something that the log did and that would have killed a real process or corrupted a real file.</summary>
/// <param name="Kind">What was done.</param>
/// <param name="Path">The file.</param>
/// <param name="Position">The first byte concerned; zero where there is none.</param>
internal sealed record DiskViolation(DiskViolationKind Kind, string Path, long Position);
