using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Tests.Simulation;

/// <summary>What tests of crashes share: a disk, those that crashes make of it, and a file on them.</summary>
public abstract class SimulatedCrashTest : IDisposable
{
    private protected const string Root = SimulatedRoot.Path;
    private protected const string Path = Root + "/file";
    private protected const int Page = SimulatedDisk.PageBytes;

    private readonly List<SimulatedDisk> _disks = [];

    private protected SimulatedCrashTest()
    {
        Files = SimulatedRoot.CreateFiles();
        _disks.Add(Files.Disk);
    }

    private protected SimulatedFileSystem Files { get; }

    public void Dispose()
    {
        _disks.ForEach(disk => disk.Dispose());
        GC.SuppressFinalize(this);
    }

    /// <summary>Two pages that are durably 1.</summary>
    private protected static LogFile CreateOnes(SimulatedFileSystem files)
    {
        byte[] bytes = new byte[2 * Page];
        bytes.AsSpan().Fill(1);
        LogFile file = files.OpenFile(Path, FileOpening.CreateNew);
        file.Write(bytes, 0);
        file.Flush(0, bytes.Length);
        files.SyncDirectory(Root);
        return file;
    }

    private protected SimulatedFileSystem Fresh(int seed = 1)
    {
        SimulatedFileSystem files = SimulatedRoot.CreateFiles(seed: seed);
        _disks.Add(files.Disk);
        return files;
    }

    private protected SimulatedFileSystem Crash(SimulatedFileSystem files, CrashKind kind, int seed = 1) =>
        Track(files.Disk.Crash(new Random(seed), kind));

    private protected SimulatedFileSystem Track(SimulatedDisk disk)
    {
        _disks.Add(disk);
        return new SimulatedFileSystem(disk);
    }

    private protected static void CreateFlushed(SimulatedFileSystem files, string path, byte value)
    {
        using LogFile file = files.OpenFile(path, FileOpening.CreateNew);
        file.Write([value], 0);
        file.Flush(0, 1);
    }

    private protected static byte[] ReadAll(SimulatedFileSystem files, string path)
    {
        using LogFile file = files.OpenFile(path, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(bytes, 0));
        return bytes;
    }
}
