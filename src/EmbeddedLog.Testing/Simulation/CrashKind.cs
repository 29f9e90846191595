namespace EmbeddedLog.Testing.Simulation;

/// <summary>The ways in which a process can end.</summary>
internal enum CrashKind
{
    /// <summary>
    /// The process is killed: the page cache stays, with its dirty pages and with those that wrongly count as clean.
    /// </summary>
    ProcessKill,

    /// <summary>
    /// The power goes: each dirty page or sector (or word, where a map stored it) is old or new, each size too, and
    /// each name that was not synced is there or not.
    /// </summary>
    PowerLoss,

    /// <summary>
    /// The process is killed, and the file system is unmounted in good order and mounted again: all dirty pages are
    /// written, and the pages that a failed flush left in the cache are gone.
    /// </summary>
    Remount,
}
