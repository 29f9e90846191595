namespace EmbeddedLog;

/// <summary>What a backup holds.</summary>
/// <param name="Directory">The full path of the backup.</param>
/// <param name="Topics">How many topics are in it.</param>
/// <param name="Partitions">How many partitions these have.</param>
/// <param name="Records">How many offsets can be read in these.</param>
/// <param name="CopiedBytes">How many bytes of segments were copied.</param>
/// <param name="SharedBytes">How many bytes of segments share their place on the disk with the log.</param>
/// <param name="Duration">How long it took.</param>
public sealed record BackupReport(
    string Directory,
    int Topics,
    int Partitions,
    long Records,
    long CopiedBytes,
    long SharedBytes,
    TimeSpan Duration);
