using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Tests.Simulation;

/// <summary>Space, limits, counters and the things that must not be done to a disk.</summary>
public sealed unsafe class SimulatedDiskTests : IDisposable
{
    private const string Path = SimulatedRoot.Path + "/file";
    private const int Page = SimulatedDisk.PageBytes;

    private readonly SimulatedFileSystem _files = SimulatedRoot.CreateFiles();

    private SimulatedDisk Disk => _files.Disk;

    public void Dispose() => Disk.Dispose();

    [Fact]
    public void Allocate_BeyondTheCapacity_IsNoSpaceAndChangesNothing()
    {
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        file.Write([1, 2, 3], 0);
        Disk.CapacityBytes = 3 * Page;
        uint before = Disk.Fingerprint();

        AssertFails(FileSystemError.NoSpace, () => file.Allocate(0, (3 * Page) + 1));
        AssertFails(FileSystemError.NoSpace, () => file.Write(new byte[3 * Page], 1));

        Assert.Equal(before, Disk.Fingerprint());
        Assert.Equal(Page, Disk.UsedBytes);
        file.Allocate(0, 3 * Page);
        Assert.Equal(3 * Page, Disk.UsedBytes);
    }

    [Fact]
    public void Capacity_AfterSpaceReturned_IsUsableAgain()
    {
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        Disk.CapacityBytes = Page;
        AssertFails(FileSystemError.NoSpace, () => file.Allocate(0, 2 * Page));

        Disk.CapacityBytes = 2 * Page;

        file.Allocate(0, 2 * Page);
    }

    [Fact]
    public void Space_OfADeletedFile_IsFreeWhenTheLastHandleAndMapAreGone()
    {
        LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        file.Allocate(0, 10 * Page);
        MappedMemory map = file.Map(10 * Page, writable: true);

        _files.DeleteFile(Path);
        Assert.Equal(10 * Page, Disk.UsedBytes);
        file.Dispose();
        Assert.Equal(10 * Page, Disk.UsedBytes);
        map.Dispose();

        Assert.Equal(0, Disk.UsedBytes);
    }

    [Fact]
    public void Space_OfAReplacedOrTruncatedFile_IsFree()
    {
        using (LogFile file = _files.OpenFile(Path, FileOpening.CreateNew))
        {
            file.Write(new byte[10 * Page], 0);
            file.SetLength(1);
        }

        Assert.Equal(Page, Disk.UsedBytes);
        _files.OpenFile(SimulatedRoot.Path + "/empty", FileOpening.CreateNew).Dispose();
        _files.Rename(SimulatedRoot.Path + "/empty", Path);
        Assert.Equal(0, Disk.UsedBytes);
    }

    [Fact]
    public void UsedBytes_AfterCrashes_CountsWhatIsThere()
    {
        using (LogFile file = _files.OpenFile(Path, FileOpening.CreateNew))
        {
            file.Allocate(0, 7 * Page);
            file.Flush(0, 7 * Page);
        }

        _files.SyncDirectory(SimulatedRoot.Path);
        using SimulatedDisk killed = Disk.Crash(new Random(1), CrashKind.ProcessKill);
        Assert.Equal(7 * Page, killed.UsedBytes);
        using SimulatedDisk lost = killed.Crash(new Random(1), CrashKind.PowerLoss);
        Assert.Equal(7 * Page, lost.UsedBytes);
    }

    [Fact]
    public void Allocate_WhereItCannot_IsNotSupported()
    {
        SimulatedFileSystem files = SimulatedRoot.CreateFiles(SimulationOptions.Positional);
        using (LogFile file = files.OpenFile(Path, FileOpening.CreateNew))
        {
            Assert.False(files.GetTraits(SimulatedRoot.Path).MappedStoresAreSafe);
            AssertFails(FileSystemError.NotSupported, () => file.Allocate(0, Page));
            file.Write([1], 0);
        }

        SimulatedRoot.Release(files);
    }

    [Fact]
    public void File_BeyondTheLargestSize_IsRefused()
    {
        SimulatedFileSystem files = SimulatedRoot.CreateFiles(new SimulationOptions { MaxFileBytes = 100 });
        using (LogFile file = files.OpenFile(Path, FileOpening.CreateNew))
        {
            AssertFails(FileSystemError.Other, () => file.SetLength(101));
            AssertFails(FileSystemError.Other, () => file.Write([1], 100));
            AssertFails(FileSystemError.Other, () => file.Allocate(1, 100));
            AssertFails(FileSystemError.Other, () => file.Map(101, writable: false));
            file.SetLength(100);
        }

        SimulatedRoot.Release(files);
    }

    [Fact]
    public void TryPrepareForWrite_OfAHole_TakesSpaceOrIsRefused()
    {
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        file.SetLength(2 * Page);
        using MappedMemory map = file.Map(4 * Page, writable: true);
        Disk.CapacityBytes = Page;

        Assert.True(map.TryPrepareForWrite(0, 1));
        Assert.False(map.TryPrepareForWrite(Page, 1));
        Assert.False(map.TryPrepareForRead(2 * Page, 1));

        Assert.Equal(Page, Disk.UsedBytes);
        map.Pointer[0] = 1;
        Disk.ExamineStores();
        Assert.Empty(Disk.Violations);
    }

    [Theory]
    [InlineData(Page - 1, 0, 0)]
    [InlineData(Page, 0, 1)]
    [InlineData(100, 200, 1)]
    [InlineData((2 * Page) - 1, Page, 0)]
    public void Store_ThroughAMap_IsReportedWhereThereIsNoBlock(int position, int allocatedFrom, int violations)
    {
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        file.Allocate(allocatedFrom == 200 ? Page : allocatedFrom, Page);
        using MappedMemory map = file.Map(16 * Page, writable: true);

        map.Pointer[position] = 1;
        file.Flush(0, 2 * Page);
        Disk.ExamineStores();

        Assert.Equal(violations, Disk.Violations.Count);
        var expected = new DiskViolation(DiskViolationKind.StoreBeyondAllocation, Path, position);
        Assert.All(Disk.Violations, violation => Assert.Equal(expected, violation));
    }

    [Theory]
    [InlineData("unmap")]
    [InlineData("crash")]
    [InlineData("allocate")]
    [InlineData("dispose")]
    [InlineData("stop")]
    public void Store_BeyondTheAllocation_IsFoundWithoutAFlush(string when)
    {
        LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        MappedMemory map = file.Map(8 * Page, writable: true);
        map.Pointer[5 * Page] = 1;

        switch (when)
        {
            case "unmap":
                map.Dispose();
                break;
            case "crash":
                Disk.Crash(new Random(1), CrashKind.ProcessKill).Dispose();
                break;
            case "allocate":
                file.Allocate(0, 8 * Page);
                break;
            case "dispose":
                Disk.Dispose();
                break;
            default:
                Disk.CrashAtMutation(Disk.Counters.Mutations + 1);
                Assert.Throws<FileSystemException>(() => file.Flush(0, 1));
                break;
        }

        Assert.Equal([new DiskViolation(DiskViolationKind.StoreBeyondAllocation, Path, 5 * Page)], Disk.Violations);
    }

    [Fact]
    public void Read_AfterTheLastUnmap_SeesRubbishAndTheFileDoesNot()
    {
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        file.Write([1, 2, 3], 0);
        MappedMemory map = file.Map(Page, writable: true);
        byte* stale = map.Pointer;
        using (file.Map(Page, writable: false))
        {
            map.Dispose();
            Assert.Equal(1, *stale);
        }

        Assert.Equal(0xDB, *stale);
        byte[] read = new byte[3];
        file.Read(read, 0);
        Assert.Equal([1, 2, 3], read);
    }

    [Fact]
    public void Store_AfterTheLastUnmap_IsReported()
    {
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        MappedMemory map = file.Map(Page, writable: true);
        byte* stale = map.Pointer;
        map.Dispose();

        stale[17] = 0;
        Disk.Dispose();

        Assert.Equal([new DiskViolation(DiskViolationKind.StoreAfterUnmap, Path, 17)], Disk.Violations);
    }

    [Fact]
    public void Dispose_InTheMiddleOfAFlush_IsReported()
    {
        LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        Disk.YieldPoint = file.Dispose;

        file.Flush(0, 1);

        Assert.Equal([new DiskViolation(DiskViolationKind.ClosedDuringCall, Path, 0)], Disk.Violations);
    }

    [Fact]
    public void Handles_LeftOpen_AreNamed()
    {
        LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        MappedMemory map = file.Map(Page, writable: false);
        IDisposable held = _files.TryLock(SimulatedRoot.Path + "/lock")!;
        Assert.Equal([Path, SimulatedRoot.Path + "/lock"], Disk.OpenFiles);
        Assert.Equal([Path], Disk.LiveMaps);

        file.Dispose();
        map.Dispose();
        held.Dispose();

        Assert.Empty(Disk.OpenFiles);
        Assert.Empty(Disk.LiveMaps);
    }

    [Fact]
    public void Counters_AfterCalls_CountThem()
    {
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        file.Write(new byte[100], 0);
        file.Write([1], 2 * Page);
        file.Flush(0, 3 * Page);
        file.Flush(0, 3 * Page);
        _files.SyncDirectory(SimulatedRoot.Path);

        Assert.Equal(101, Disk.Counters.BytesWritten);
        Assert.Equal(Page, Disk.Counters.BytesFlushed);
        Assert.Equal(2, Disk.Counters.CountOf(FaultKind.Write));
        Assert.Equal(2, Disk.Counters.CountOf(FaultKind.Flush));
        Assert.Equal(2, Disk.Counters.CountOf(FaultKind.SyncDirectory));
        Assert.Equal(1, Disk.Counters.CountOf(FaultKind.OpenFile));
    }

    [Fact]
    public void Map_ThatTheFileOutgrows_IsAClearError()
    {
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        using MappedMemory map = file.Map(Page, writable: true);

        file.Write([1], 200 << 10);
        Assert.Throws<InvalidOperationException>(() => file.Write([1], 300 << 10));
    }

    private static void AssertFails(FileSystemError expected, Action action) =>
        Assert.Equal(expected, Assert.Throws<FileSystemException>(action).Error);
}
