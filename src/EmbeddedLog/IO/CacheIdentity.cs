namespace EmbeddedLog.IO;

/// <summary>
/// Names one life of a page cache. Equal identities before and after mean that neither a reboot nor a remount has come
/// between, so that what was written to the cache can still be there without having reached the disk.
/// </summary>
/// <param name="BootHigh">Upper half of the boot's random id; zero where the system has none.</param>
/// <param name="BootLow">Lower half of the boot's random id; zero where the system has none.</param>
/// <param name="Device">Number of the device.</param>
/// <param name="Mount">Unique number of the mount; zero where the system has none.</param>
internal readonly record struct CacheIdentity(ulong BootHigh, ulong BootLow, ulong Device, ulong Mount)
{
    /// <summary>
    /// Whether the system told enough to compare: an unknown identity equals nothing, itself included.
    /// </summary>
    public bool IsKnown => (BootHigh | BootLow) != 0 && Mount != 0;
}
