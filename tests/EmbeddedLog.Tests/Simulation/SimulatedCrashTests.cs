using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Simulation;

/// <summary>What is left after the ways in which a process can end.</summary>
public sealed unsafe class SimulatedCrashTests : IDisposable
{
    private const string Root = SimulatedRoot.Path;
    private const string Path = Root + "/file";
    private const int Page = SimulatedDisk.PageBytes;

    private readonly List<SimulatedDisk> _disks = [];
    private readonly SimulatedFileSystem _files;

    public SimulatedCrashTests()
    {
        _files = SimulatedRoot.CreateFiles();
        _disks.Add(_files.Disk);
    }

    public void Dispose() => _disks.ForEach(disk => disk.Dispose());

    [Fact]
    public void PowerLoss_ThreeDirtyPages_CanLeaveAnySubset()
    {
        var seen = new HashSet<string>();
        for (int seed = 0; seed < 300; seed++)
        {
            byte[] left = LosePower(seed, pages: 3);
            seen.Add(string.Concat(Enumerable.Range(0, 3).Select(page => Describe(left.AsSpan(page * Page, Page)))));
        }

        foreach (string subset in new[] { "000", "001", "010", "011", "100", "101", "110", "111" })
        {
            Assert.Contains(subset, seen);
        }

        Assert.Contains(seen, pages => pages.Contains('t'));
    }

    [Fact]
    public void PowerLoss_ThreeNewNames_CanLeaveAnySubset()
    {
        var seen = new HashSet<string>();
        for (int seed = 0; seed < 300; seed++)
        {
            SimulatedFileSystem files = Fresh();
            foreach (string name in new[] { "a", "b", "c" })
            {
                files.OpenFile($"{Root}/{name}", FileOpening.CreateNew).Dispose();
            }

            seen.Add(string.Concat(Crash(files, CrashKind.PowerLoss, seed).ListFiles(Root)));
        }

        Assert.Equal(["", "a", "ab", "abc", "ac", "b", "bc", "c"], seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void PowerLoss_UnsyncedReplacement_LeavesTheOldOrTheNewFile()
    {
        var seen = new HashSet<byte>();
        for (int seed = 0; seed < 100; seed++)
        {
            SimulatedFileSystem files = Fresh();
            CreateFlushed(files, Path, 1);
            files.SyncDirectory(Root);
            CreateFlushed(files, Root + "/new", 2);
            files.Rename(Root + "/new", Path);

            seen.Add(ReadAll(Crash(files, CrashKind.PowerLoss, seed), Path)[0]);
        }

        Assert.Equal<byte>([1, 2], seen.Order());
    }

    [Fact]
    public void PowerLoss_NewSize_IsOldOrNew()
    {
        var seen = new HashSet<long>();
        for (int seed = 0; seed < 100; seed++)
        {
            SimulatedFileSystem files = Fresh();
            using LogFile file = files.OpenFile(Path, FileOpening.CreateNew);
            file.Write(new byte[10], 0);
            file.Flush(0, 10);
            files.SyncDirectory(Root);
            file.Allocate(0, 5 * Page);

            seen.Add(ReadAll(Crash(files, CrashKind.PowerLoss, seed), Path).Length);
        }

        Assert.Equal([10, 5 * Page], seen.Order());
    }

    [Fact]
    public void PowerLoss_MoveIntoAPlaceThatWasLeft_ReplacesNothing()
    {
        for (int seed = 0; seed < 100; seed++)
        {
            SimulatedFileSystem files = Fresh();
            CreateFlushed(files, Root + "/a", 1);
            CreateFlushed(files, Root + "/b", 2);
            files.SyncDirectory(Root);
            files.Rename(Root + "/a", Root + "/c");
            files.Rename(Root + "/b", Root + "/a");

            SimulatedFileSystem found = Crash(files, CrashKind.PowerLoss, seed);

            IEnumerable<byte> contents = found.ListFiles(Root).Select(name => ReadAll(found, $"{Root}/{name}")[0]);
            Assert.Equal<byte>([1, 2], contents.Order());
        }
    }

    [Fact]
    public void PowerLoss_Truncation_IsDoneOrNot()
    {
        var seen = new HashSet<int>();
        for (int seed = 0; seed < 100; seed++)
        {
            SimulatedFileSystem files = Fresh();
            using LogFile file = CreateOnes(files);
            file.SetLength(100);

            byte[] left = ReadAll(Crash(files, CrashKind.PowerLoss, seed), Path);
            seen.Add(left.Length);

            // The rest of the page that the cut goes through is zeroed in the cache, and may be written like that.
            Assert.Equal(100, left.AsSpan(0, 100).Count((byte)1));
            Assert.Equal(Math.Max(0, left.Length - Page), left.AsSpan(Math.Min(left.Length, Page)).Count((byte)1));
        }

        Assert.Equal([100, 2 * Page], seen.Order());
    }

    [Fact]
    public void PowerLoss_TruncationThenFlushedGrowth_BringsNoOldByteBack()
    {
        for (int seed = 0; seed < 100; seed++)
        {
            SimulatedFileSystem files = Fresh();
            using LogFile file = CreateOnes(files);
            file.SetLength(100);
            file.SetLength(2 * Page);
            file.Flush(0, 1);

            byte[] left = ReadAll(Crash(files, CrashKind.PowerLoss, seed), Path);
            Assert.Equal((2 * Page, 100), (left.Length, left.AsSpan().Count((byte)1)));
        }
    }

    [Fact]
    public void PowerLoss_DirectoryWithoutItsName_TakesItsFilesWithIt()
    {
        _files.CreateDirectory(Root + "/topic");
        CreateFlushed(_files, Root + "/topic/segment", 1);
        _files.SyncDirectory(Root + "/topic");

        var seen = new HashSet<bool>();
        for (int seed = 0; seed < 50; seed++)
        {
            SimulatedFileSystem clone = Track(_files.Disk.Clone(new Random(seed)));
            SimulatedFileSystem found = Crash(clone, CrashKind.PowerLoss, seed);
            seen.Add(found.DirectoryExists(Root + "/topic"));
            Assert.Equal(found.DirectoryExists(Root + "/topic"), found.FileExists(Root + "/topic/segment"));
        }

        Assert.Equal(2, seen.Count);
    }

    [Fact]
    public void WriteBack_BetweenTwoStores_CanLeaveTheVersionInBetween()
    {
        bool seen = false;
        for (int seed = 0; seed < 200 && !seen; seed++)
        {
            SimulatedFileSystem files = Fresh(seed);
            using LogFile file = files.OpenFile(Path, FileOpening.CreateNew);
            file.Write([1], 0);
            file.Flush(0, 1);
            files.SyncDirectory(Root);
            file.Write([2], 0);
            files.Disk.WriteBackSome();
            file.Write([3], 0);

            seen = ReadAll(Crash(files, CrashKind.PowerLoss, seed), Path)[0] == 2;
        }

        Assert.True(seen);
    }

    [Fact]
    public void ProcessKill_Anything_KeepsAllAndTheIdentityAndFreesTheLock()
    {
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        file.Allocate(0, 2 * Page);
        MappedMemory map = file.Map(2 * Page, writable: true);
        map.Pointer[Page + 1] = 9;
        Assert.NotNull(_files.TryLock(Root + "/lock"));
        CacheIdentity identity = _files.GetCacheIdentity(Root);

        SimulatedFileSystem found = Crash(_files, CrashKind.ProcessKill);

        Assert.Equal(9, ReadAll(found, Path)[Page + 1]);
        Assert.Equal(identity, found.GetCacheIdentity(Root));
        Assert.True(identity.IsKnown);
        Assert.Equal(SimulatedFileSystem.ProcessId, found.ReadLockOwner(Root + "/lock")?.ProcessId);
        Assert.NotNull(found.TryLock(Root + "/lock"));
    }

    [Theory]
    [InlineData(nameof(CrashKind.PowerLoss))]
    [InlineData(nameof(CrashKind.Remount))]
    public void Crash_ThatEndsTheCache_ChangesItsIdentity(string kind)
    {
        CacheIdentity identity = _files.GetCacheIdentity(Root);

        SimulatedFileSystem found = Crash(_files, Enum.Parse<CrashKind>(kind));

        Assert.NotEqual(identity, found.GetCacheIdentity(Root));
        Assert.NotEqual(found.GetCacheIdentity(Root), Crash(found, Enum.Parse<CrashKind>(kind)).GetCacheIdentity(Root));
    }

    [Fact]
    public void Identity_OfASystemThatHasNone_IsUnknown()
    {
        SimulatedFileSystem files = SimulatedRoot.CreateFiles(new SimulationOptions { IdentityIsKnown = false });
        _disks.Add(files.Disk);

        Assert.False(files.GetCacheIdentity(Root).IsKnown);
    }

    [Fact]
    public void Remount_WithoutFailures_KeepsAllThatWasWritten()
    {
        CreateFlushed(_files, Path, 1);
        using LogFile file = _files.OpenFile(Path, FileOpening.ReadWrite);
        file.Write([7], 3 * Page);

        SimulatedFileSystem found = Crash(_files, CrashKind.Remount);

        byte[] bytes = ReadAll(found, Path);
        Assert.Equal((1, 7, (3 * Page) + 1), (bytes[0], bytes[3 * Page], bytes.Length));
    }

    [Fact]
    public void FailedFlush_ThenASuccessfulOne_HasLostThePagesAllTheSame()
    {
        using LogFile file = FailedFlush();

        file.Flush(0, 2 * Page);

        Assert.Equal([2, 2], [ReadAll(_files, Path)[0], ReadAll(_files, Path)[Page]]);
        byte[] left = ReadAll(Crash(_files, CrashKind.PowerLoss), Path);
        Assert.Equal([1, 1], [left[0], left[Page]]);
    }

    [Fact]
    public void FailedFlush_ThenADirtiedPage_HasLostTheOtherOne()
    {
        using LogFile file = FailedFlush();

        file.Write([3], 1);
        file.Flush(0, 2 * Page);

        byte[] left = ReadAll(Crash(_files, CrashKind.PowerLoss), Path);
        Assert.Equal([2, 3, 1], [left[0], left[1], left[Page]]);
    }

    [Fact]
    public void FailedFlush_ThenAKillAndASuccessfulOne_HasLostThePagesAllTheSame()
    {
        FailedFlush().Dispose();

        SimulatedFileSystem killed = Crash(_files, CrashKind.ProcessKill);
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

        _files.Disk.EvictCleanPages();

        Assert.Equal([2, 3, 1], [map.Pointer[0], map.Pointer[1], map.Pointer[Page]]);
    }

    [Fact]
    public void FailNextFlush_OfAPath_LeavesOthersAlone()
    {
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        using LogFile other = _files.OpenFile(Root + "/other", FileOpening.CreateNew);
        _files.Disk.FailNextFlush(error: FileSystemError.NoSpace, path: Path);

        other.Flush(0, 1);
        FileSystemException exception = Assert.Throws<FileSystemException>(() => file.Flush(0, 1));
        file.Flush(0, 1);

        Assert.Equal((FileSystemError.NoSpace, 28), (exception.Error, exception.SystemCode));
        Assert.Equal(1, _files.Disk.Counters.FailedFlushes);
    }

    [Fact]
    public void AfterACrash_OldCallsFailAndOldStoresGoNowhere()
    {
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        file.Allocate(0, Page);
        using MappedMemory map = file.Map(Page, writable: true);
        using IDisposable? held = _files.TryLock(Root + "/lock");
        map.Pointer[0] = 1;

        SimulatedFileSystem found = Crash(_files, CrashKind.ProcessKill);
        map.Pointer[0] = 2;
        Action[] calls =
        [
            () => file.Write([3], 0), () => file.Flush(0, 1), () => file.Allocate(0, 1), () => file.SetLength(0),
            () => file.Read([0], 0), () => file.Map(1, false), () => _ = file.Length,
            () => _files.OpenFile(Path, FileOpening.Read), () => _files.DeleteFile(Path), () => _files.FileExists(Path),
            () => _files.Rename(Path, Root + "/b"), () => _files.SyncDirectory(Root), () => _files.ListFiles(Root),
            () => _files.CreateDirectory(Root + "/d"), () => _files.TryLock(Root + "/lock"),
        ];

        Assert.All(calls, call => Assert.Contains(
            "crashed", Assert.Throws<FileSystemException>(call).Message, StringComparison.Ordinal));
        Assert.False(map.TryPrepareForWrite(0, 1));
        Assert.True(_files.Disk.HasCrashed);
        Assert.Equal(1, ReadAll(found, Path)[0]);
        Assert.Empty(found.Disk.OpenFiles);
    }

    [Fact]
    public void CrashAtMutation_InTheMiddle_KeepsTheMomentAndFailsTheRest()
    {
        using LogFile file = _files.OpenFile(Path, FileOpening.CreateNew);
        file.Allocate(0, 2 * Page);
        using MappedMemory map = file.Map(2 * Page, writable: true);
        _files.Disk.CrashAtMutation(_files.Disk.Counters.Mutations + 2);

        map.Pointer[0] = 1;
        file.Flush(0, Page);
        map.Pointer[1] = 1;
        Assert.Throws<FileSystemException>(() => file.Flush(0, Page));
        Assert.True(_files.Disk.HasCrashed);
        map.Pointer[2] = 1;
        Assert.Throws<FileSystemException>(() => file.Flush(0, Page));

        Assert.Equal([1, 1, 0], ReadAll(Crash(_files, CrashKind.ProcessKill), Path)[..3]);
    }

    [Fact]
    public void CrashAtMutation_AWrite_LeavesAPrefixOfItsPages()
    {
        var seen = new HashSet<int>();
        for (int seed = 0; seed < 60; seed++)
        {
            SimulatedFileSystem files = Fresh(seed);
            using LogFile file = files.OpenFile(Path, FileOpening.CreateNew);
            files.Disk.CrashAtMutation(files.Disk.Counters.Mutations + 1);
            byte[] bytes = new byte[3 * Page];
            bytes.AsSpan().Fill(1);
            Assert.Throws<FileSystemException>(() => file.Write(bytes, 100));

            byte[] left = ReadAll(Crash(files, CrashKind.ProcessKill, seed), Path);
            Assert.Equal(Math.Max(0, left.Length - 100), left.AsSpan().Count((byte)1));
            seen.Add(left.Length);
        }

        Assert.Equal([0, Page, 2 * Page, 3 * Page, (3 * Page) + 100], seen.Order());
    }

    [Fact]
    public void Clone_Changed_LeavesTheOriginalAlone()
    {
        CreateFlushed(_files, Path, 1);
        uint before = _files.Disk.Fingerprint();

        SimulatedFileSystem clone = Track(_files.Disk.Clone(new Random(1)));
        Assert.Equal(before, clone.Disk.Fingerprint());
        using (LogFile file = clone.OpenFile(Path, FileOpening.ReadWrite))
        {
            file.Write([2], 0);
        }

        Assert.NotEqual(before, clone.Disk.Fingerprint());
        Assert.Equal(before, _files.Disk.Fingerprint());
    }

    /// <summary>Two pages that are durably 1.</summary>
    private static LogFile CreateOnes(SimulatedFileSystem files)
    {
        byte[] bytes = new byte[2 * Page];
        bytes.AsSpan().Fill(1);
        LogFile file = files.OpenFile(Path, FileOpening.CreateNew);
        file.Write(bytes, 0);
        file.Flush(0, bytes.Length);
        files.SyncDirectory(Root);
        return file;
    }

    /// <summary>Two pages that are durably 1, then 2 in the cache, after a flush that failed.</summary>
    private LogFile FailedFlush()
    {
        LogFile file = CreateOnes(_files);
        byte[] bytes = new byte[2 * Page];
        bytes.AsSpan().Fill(2);
        file.Write(bytes, 0);
        _files.Disk.FailNextFlush();
        Assert.Throws<FileSystemException>(() => file.Flush(0, bytes.Length));
        return file;
    }

    private byte[] LosePower(int seed, int pages)
    {
        SimulatedFileSystem files = Fresh(seed);
        using LogFile file = files.OpenFile(Path, FileOpening.CreateNew);
        file.Allocate(0, pages * Page);
        file.Flush(0, pages * Page);
        files.SyncDirectory(Root);
        using MappedMemory map = file.Map(pages * Page, writable: true);
        new Span<byte>(map.Pointer, pages * Page).Fill(1);
        return ReadAll(Crash(files, CrashKind.PowerLoss, seed), Path);
    }

    /// <summary>Old, new or torn.</summary>
    private static char Describe(ReadOnlySpan<byte> page) =>
        !page.ContainsAnyExcept((byte)0) ? '0' : !page.ContainsAnyExcept((byte)1) ? '1' : 't';

    private SimulatedFileSystem Fresh(int seed = 1)
    {
        SimulatedFileSystem files = SimulatedRoot.CreateFiles(seed: seed);
        _disks.Add(files.Disk);
        return files;
    }

    private SimulatedFileSystem Crash(SimulatedFileSystem files, CrashKind kind, int seed = 1) =>
        Track(files.Disk.Crash(new Random(seed), kind));

    private SimulatedFileSystem Track(SimulatedDisk disk)
    {
        _disks.Add(disk);
        return new SimulatedFileSystem(disk);
    }

    private static void CreateFlushed(SimulatedFileSystem files, string path, byte value)
    {
        using LogFile file = files.OpenFile(path, FileOpening.CreateNew);
        file.Write([value], 0);
        file.Flush(0, 1);
    }

    private static byte[] ReadAll(SimulatedFileSystem files, string path)
    {
        using LogFile file = files.OpenFile(path, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(bytes, 0));
        return bytes;
    }
}
