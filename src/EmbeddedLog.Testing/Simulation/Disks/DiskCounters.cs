using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;

namespace EmbeddedLog.Testing.Simulation.Disks;

/// <summary>
/// The calls to a disk since its start. Written under the disk's lock; reads from anywhere may be a bit late.
/// </summary>
internal sealed class DiskCounters
{
    private readonly long[] _calls = new long[Enum.GetValues<FaultKind>().Length];

    /// <summary>The number of calls that change, or make durable, anything.</summary>
    public long Mutations { get; set; }

    /// <summary>The bytes of pages that flushes found dirty and wrote.</summary>
    public long BytesFlushed { get; set; }

    /// <summary>The bytes passed to <see cref="LogFile.Write"/>.</summary>
    public long BytesWritten { get; set; }

    /// <summary>The number of flushes that failed on purpose.</summary>
    public long FailedFlushes { get; set; }

    /// <summary>How often calls of a kind were made, failed ones included.</summary>
    public long CountOf(FaultKind kind) => Volatile.Read(ref _calls[(int)kind]);

    /// <summary>Counts a call.</summary>
    public void Add(FaultKind kind) => _calls[(int)kind]++;
}
