using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Tests.Simulation;

/// <summary>What tests on a simulated disk begin with.</summary>
internal static class SimulatedRoot
{
    /// <summary>A directory that exists durably on every disk made here.</summary>
    public const string Path = "/log";

    public static SimulatedFileSystem CreateFiles(SimulationOptions? options = null, int seed = 1)
    {
        var files = new SimulatedFileSystem(new SimulatedDisk(options ?? new SimulationOptions(), new Random(seed)));
        files.CreateDirectory(Path);
        files.SyncDirectory("/");
        return files;
    }

    /// <summary>Fails if the test did to the disk what must not be, then gives the memory back.</summary>
    public static void Release(FileSystem files)
    {
        SimulatedDisk disk = ((SimulatedFileSystem)files).Disk;
        disk.Dispose();
        Assert.Empty(disk.Violations);
        Assert.Empty(disk.OpenFiles);
        Assert.Empty(disk.LiveMaps);
    }
}
