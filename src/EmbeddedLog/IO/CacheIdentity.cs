namespace EmbeddedLog.IO;

/// <summary>
/// Identifies a page cache between two reboots and remounts. If the identity is the same as before, bytes that were
/// written to the cache can still be there without having reached the disk.
/// </summary>
/// <param name="BootHigh">Upper half of the boot's random id; zero where the system has none.</param>
/// <param name="BootLow">Lower half of the boot's random id; zero where the system has none.</param>
/// <param name="Device">Number of the device.</param>
/// <param name="Mount">Unique number of the mount; zero where the system has none.</param>
internal readonly record struct CacheIdentity(ulong BootHigh, ulong BootLow, ulong Device, ulong Mount)
{
    /// <summary>
    /// Whether the system gave enough numbers to compare. An unknown identity equals nothing, not even itself.
    /// </summary>
    public bool IsKnown => (BootHigh | BootLow) != 0 && Mount != 0;
}
