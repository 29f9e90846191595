using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Simulation;

/// <summary>What is left of a flush that has failed.</summary>
public sealed unsafe class SimulatedFailedFlushTests : SimulatedCrashTest
{
    [Fact]
    public void FailedFlush_ThenASuccessfulOne_HasLostThePagesAllTheSame()
    {
        using LogFile file = FailedFlush();

        file.Flush(0, 2 * Page);

        Assert.Equal([2, 2], [ReadAll(Files, Path)[0], ReadAll(Files, Path)[Page]]);
        byte[] left = ReadAll(Crash(Files, CrashKind.PowerLoss), Path);
        Assert.Equal([1, 1], [left[0], left[Page]]);
    }

    [Fact]
    public void FailedFlush_ThenADirtiedPage_HasLostTheOtherOne()
    {
        using LogFile file = FailedFlush();

        file.Write([3], 1);
        file.Flush(0, 2 * Page);

        byte[] left = ReadAll(Crash(Files, CrashKind.PowerLoss), Path);
        Assert.Equal([2, 3, 1], [left[0], left[1], left[Page]]);
    }

    [Fact]
    public void FailedFlush_ThenAKillAndASuccessfulOne_HasLostThePagesAllTheSame()
    {
        FailedFlush().Dispose();

        SimulatedFileSystem killed = Crash(Files, CrashKind.ProcessKill);
        Assert.Equal(2, ReadAll(killed, Path)[0]);
        using (LogFile file = killed.OpenFile(Path, FileOpening.ReadWrite))
        {
            file.Flush(0, 2 * Page);
        }

        Assert.Equal(1, ReadAll(Crash(killed, CrashKind.Remount), Path)[0]);
    }

    [Fact]
    public void FailedFlush_ThenEviction_ReadsWhatTheDeviceHas()
    {
        using LogFile file = FailedFlush();
        using MappedMemory map = file.Map(2 * Page, writable: false);
        file.Write([3], 1);

        Files.Disk.EvictCleanPages();

        Assert.Equal([2, 3, 1], [map.Pointer[0], map.Pointer[1], map.Pointer[Page]]);
    }

    [Fact]
    public void FailNextFlush_OfAPath_LeavesOthersAlone()
    {
        using LogFile file = Files.OpenFile(Path, FileOpening.CreateNew);
        using LogFile other = Files.OpenFile(Root + "/other", FileOpening.CreateNew);
        Files.Disk.FailNextFlush(error: FileSystemError.NoSpace, path: Path);

        other.Flush(0, 1);
        FileSystemException exception = Assert.Throws<FileSystemException>(() => file.Flush(0, 1));
        file.Flush(0, 1);

        Assert.Equal((FileSystemError.NoSpace, 28), (exception.Error, exception.SystemCode));
        Assert.Equal(1, Files.Disk.Counters.FailedFlushes);
    }

    /// <summary>Two pages that are durably 1, then 2 in the cache, after a flush that failed.</summary>
    private LogFile FailedFlush()
    {
        LogFile file = CreateOnes(Files);
        byte[] bytes = new byte[2 * Page];
        bytes.AsSpan().Fill(2);
        file.Write(bytes, 0);
        Files.Disk.FailNextFlush();
        Assert.Throws<FileSystemException>(() => file.Flush(0, bytes.Length));
        return file;
    }
}
