using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.IO;

/// <summary>
/// The seam: everything that a log does outside its own memory goes through one of these three. Replacing them replaces
/// the disk, the thread pool and the clock, so that crashes and interleavings can be simulated.
/// </summary>
/// <param name="Files">Files, directories, maps, the owner lock and the identity of the page cache.</param>
/// <param name="Work">Runs work that must not run on the caller's stack.</param>
/// <param name="Time">Clock and timers. Only ages and intervals use it, never an acknowledgement.</param>
internal sealed record Platform(FileSystem Files, WorkQueue Work, TimeProvider Time)
{
    /// <summary>
    /// The clock that measures speeds. Always the system's on a real disk: a user's clock may stand still, and user
    /// code must not be called under locks.
    /// </summary>
    public TimeProvider Pace { get; init; } = Time;

    /// <summary>
    /// Whether any thread may use it at any time. A simulated machine belongs to one thread, which also takes its
    /// memory away in a crash, so nobody else may look at its logs.
    /// </summary>
    public bool IsForAllThreads { get; init; }
}
