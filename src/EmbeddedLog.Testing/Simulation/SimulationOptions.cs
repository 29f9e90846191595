using EmbeddedLog.IO;

namespace EmbeddedLog.Testing.Simulation;

/// <summary>How a simulated machine behaves.</summary>
internal sealed record SimulationOptions
{
    /// <summary>The properties of the simulated file system; by default it can do everything.</summary>
    public FileSystemTraits Traits { get; init; } = new("simulated", CanAllocate: true, MappedStoresAreSafe: true)
    {
        MinFlushedTogether = 2,
    };

    /// <summary>Whether the machine can identify its boot and mount, so that a surviving cache is recognized.</summary>
    public bool IdentityIsKnown { get; init; } = true;

    /// <summary>The size of the disk in bytes, counted in whole pages of file content.</summary>
    public long CapacityBytes { get; init; } = long.MaxValue;

    /// <summary>The size in bytes that no file can exceed.</summary>
    public long MaxFileBytes { get; init; } = 4L << 30;

    /// <summary>
    /// How often other work runs in the middle of a flush or directory sync: 0 to 1, at each of its points.
    /// </summary>
    public double YieldProbability { get; init; } = 0.2;

    /// <summary>How often, 0 to 1, some dirty pages reach the device between two work items.</summary>
    public double WriteBackProbability { get; init; } = 0.1;

    /// <summary>Whether memory is poisoned after its last map is gone, to find late readers and writers.</summary>
    public bool GuardUnmapped { get; init; } = true;

    /// <summary>The wall clock at the start.</summary>
    public DateTimeOffset StartTime { get; init; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>A disk on which only <c>pwrite</c> is safe, as on copy-on-write file systems.</summary>
    public static SimulationOptions Positional { get; } = new()
    {
        Traits = new FileSystemTraits("simulated-cow", CanAllocate: false, MappedStoresAreSafe: false)
        {
            MinFlushedTogether = 2,
        },
    };
}
