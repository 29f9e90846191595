using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;
using EmbeddedLog.Tests.Simulation;

namespace EmbeddedLog.Tests.Faults;

public sealed class FaultingFileSystemTests : IDisposable
{
    private const string Root = SimulatedRoot.Path;
    private const string Path = Root + "/file";

    private readonly SimulatedFileSystem _inner = SimulatedRoot.CreateFiles();
    private readonly FaultingFileSystem _files;

    public FaultingFileSystemTests() => _files = new FaultingFileSystem(_inner);

    public static TheoryData<string> Kinds => [.. Enum.GetNames<FaultKind>()];

    public void Dispose() => _inner.Disk.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Fail_TheSecondCallOfAKind_FailsThatOneAlone(string name)
    {
        FaultKind kind = Enum.Parse<FaultKind>(name);
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        file.Allocate(0, 100);
        using MappedMemory map = file.Map(100, writable: true);
        _files.Reset();
        _files.Fail(kind, 2, FileSystemError.TooManyFiles);

        bool[] succeeded = [Try(kind, file, map), Try(kind, file, map), Try(kind, file, map)];

        Assert.Equal([true, false, true], succeeded);
        Assert.Equal(3, _files.CountOf(kind));
        Assert.Equal(1, _files.Fired);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Fail_Always_NeverReachesTheInnerFileSystem(string name)
    {
        FaultKind kind = Enum.Parse<FaultKind>(name);
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        file.Allocate(0, 100);
        using MappedMemory map = file.Map(100, writable: true);
        uint before = _inner.Disk.Fingerprint();
        _files.Fail(new Fault(null, 1, FileSystemError.DeviceFailure) { Lasts = true });

        Assert.False(Try(kind, file, map));

        Assert.Equal(before, _inner.Disk.Fingerprint());
    }

    [Theory]
    [InlineData(nameof(FileSystemError.DeviceFailure), 5)]
    [InlineData(nameof(FileSystemError.NoSpace), 28)]
    [InlineData(nameof(FileSystemError.QuotaExceeded), 122)]
    [InlineData(nameof(FileSystemError.ReadOnly), 30)]
    [InlineData(nameof(FileSystemError.TooManyFiles), 24)]
    [InlineData(nameof(FileSystemError.AccessDenied), 13)]
    [InlineData(nameof(FileSystemError.OutOfMemory), 12)]
    [InlineData(nameof(FileSystemError.NotSupported), 95)]
    public void Fail_WithAnError_CarriesItAndTheSystemsCode(string error, int code)
    {
        _files.Fail(FaultKind.Lock, 1, Enum.Parse<FileSystemError>(error));

        FileSystemException exception = Assert.Throws<FileSystemException>(() => _files.TryLock(Path));

        Assert.Equal((error, code, Path), (exception.Error.ToString(), exception.SystemCode, exception.Path));
    }

    [Fact]
    public void Fail_WithACodeOfItsOwn_CarriesThat()
    {
        _files.Fail(new Fault(FaultKind.Exists, 1, FileSystemError.AccessDenied) { SystemCode = 1 });

        Assert.Equal(1, Assert.Throws<FileSystemException>(() => _files.FileExists(Path)).SystemCode);
    }

    [Fact]
    public void Fail_FromACallOn_FailsAllAfterItUntilCleared()
    {
        _files.Fail(new Fault(FaultKind.Exists, 2, FileSystemError.DeviceFailure) { Lasts = true });

        _files.FileExists(Path);
        Assert.Throws<FileSystemException>(() => _files.FileExists(Path));
        Assert.Throws<FileSystemException>(() => _files.DirectoryExists(Path));
        Assert.Equal(2, _files.Fired);
        _files.Clear();
        _files.FileExists(Path);
    }

    [Fact]
    public void Fail_OfAnyKind_CountsAllCalls()
    {
        _files.Fail(new Fault(null, 3, FileSystemError.DeviceFailure));

        _files.FileExists(Path);
        _files.ListFiles(Root);
        Assert.Throws<FileSystemException>(() => _files.GetTraits(Root));
        _files.ListFiles(Root);
        Assert.Equal(4, _files.AllCalls);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(100)]
    public void Fail_AWriteInPart_LeavesItsBeginning(int written)
    {
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        _files.Fail(new Fault(FaultKind.Write, 1, FileSystemError.NoSpace) { WrittenBytes = written });

        Assert.Throws<FileSystemException>(() => file.Write([1, 2, 3, 4, 5], 10));

        Assert.Equal(written == 0 ? 0 : 10 + Math.Min(5, written), file.Length);
    }

    [Fact]
    public void Fail_AFlushOfTheSimulatedDisk_LosesItsPages()
    {
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        file.Write([1], 0);
        file.Flush(0, 1);
        _files.SyncDirectory(Root);
        file.Write([2], 0);
        _files.Fail(FaultKind.Flush, 2, FileSystemError.DeviceFailure);

        Assert.Throws<FileSystemException>(() => file.Flush(0, 1));
        file.Flush(0, 1);

        using SimulatedDisk left = _inner.Disk.Crash(new Random(1), CrashKind.PowerLoss);
        using LogFile found = new SimulatedFileSystem(left).OpenFile(Path, FileOpening.Read);
        byte[] read = new byte[1];
        found.Read(read, 0);
        Assert.Equal([1], read);
    }

    /// <summary>Makes one call of a kind; says whether it did what it should.</summary>
    private bool Try(FaultKind kind, LogFile file, MappedMemory map)
    {
        switch (kind)
        {
            case FaultKind.PrepareForWrite:
                return map.TryPrepareForWrite(0, 1);
            case FaultKind.PrepareForRead:
                return map.TryPrepareForRead(0, 1);
        }

        try
        {
            CallOf(kind, file)();
            return true;
        }
        catch (FileSystemException)
        {
            return false;
        }
    }

    private Action CallOf(FaultKind kind, LogFile file) => kind switch
    {
        FaultKind.OpenFile => () => _files.OpenFile(Path, FileOpening.Read).Dispose(),
        FaultKind.CreateDirectory => () => _files.CreateDirectory(Root + "/new"),
        FaultKind.DeleteDirectory => () => _files.DeleteDirectory(Root + "/none"),
        FaultKind.SyncDirectory => () => _files.SyncDirectory(Root),
        FaultKind.Rename => () => _files.Rename(Path, Path),
        FaultKind.Link => () => _files.TryLink(Path, Root + "/linked"),
        FaultKind.DeleteFile => () => _files.DeleteFile(Root + "/none"),
        FaultKind.ListFiles => () => _files.ListFiles(Root),
        FaultKind.ListDirectories => () => _files.ListDirectories(Root),
        FaultKind.Exists => () => _files.FileExists(Path),
        FaultKind.GetTraits => () => _files.GetTraits(Root),
        FaultKind.GetCacheIdentity => () => _files.GetCacheIdentity(Root),
        FaultKind.Lock => () => _files.TryLock(Root + "/lock")?.Dispose(),
        FaultKind.ReadLockOwner => () => _files.ReadLockOwner(Root + "/lock"),
        FaultKind.GetLength => () => Assert.True(file.Length > 0),
        FaultKind.Allocate => () => file.Allocate(0, 200),
        FaultKind.SetLength => () => file.SetLength(300),
        FaultKind.Read => () => file.Read(new byte[1], 0),
        FaultKind.Write => () => file.Write([1], 0),
        FaultKind.Flush => () => file.Flush(0, 1),
        FaultKind.Map => () => file.Map(1, writable: false).Dispose(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
