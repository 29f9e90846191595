namespace EmbeddedLog;

/// <summary>The result of a backup.</summary>
/// <param name="Directory">The full path of the backup.</param>
/// <param name="Topics">How many topics are in it.</param>
/// <param name="Partitions">How many partitions they have.</param>
/// <param name="Records">How many offsets can be read in them.</param>
/// <param name="CopiedBytes">How many bytes of segments were copied.</param>
/// <param name="SharedBytes">How many bytes of segments are shared with the log on the disk.</param>
/// <param name="Duration">How long it took.</param>
public sealed record BackupReport(
    string Directory,
    int Topics,
    int Partitions,
    long Records,
    long CopiedBytes,
    long SharedBytes,
    TimeSpan Duration);
