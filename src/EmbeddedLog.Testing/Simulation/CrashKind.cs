namespace EmbeddedLog.Testing.Simulation;

/// <summary>The ways in which a process can come to its end.</summary>
internal enum CrashKind
{
    /// <summary>
    /// The process is killed: the page cache, with what is dirty in it and what it takes for clean, stays.
    /// </summary>
    ProcessKill,

    /// <summary>
    /// The power goes: each dirty page or sector (or word, where a map stored it) is old or new, each size too, and
    /// each name that was not synced is there or not.
    /// </summary>
    PowerLoss,

    /// <summary>
    /// The process is killed and the file system unmounted in good order and mounted again: all that is dirty is
    /// written, and what a failed flush left behind in the cache is gone.
    /// </summary>
    Remount,
}
