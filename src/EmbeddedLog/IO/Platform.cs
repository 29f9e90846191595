using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.IO;

/// <summary>
/// The seam: everything that a log does to the world outside its own memory goes through one of these three. Replacing
/// them replaces the disk, the thread pool and the clock, which is how crashes and interleavings are simulated.
/// </summary>
/// <param name="Files">Files, directories, maps, the owner lock and the identity of the page cache.</param>
/// <param name="Work">Where work runs that must not run on the caller's stack.</param>
/// <param name="Time">Clock and timers. Only ages and intervals look at it, never an acknowledgement.</param>
internal sealed record Platform(FileSystem Files, WorkQueue Work, TimeProvider Time)
{
    /// <summary>
    /// What speeds are measured with. Not the user's clock where that is another than the system's: one that stands
    /// still says nothing of the disk, and it would be asked under locks.
    /// </summary>
    public TimeProvider Pace { get; init; } = Time;
}
