using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Simulation;

/// <summary>What is left after the ways in which a process can end.</summary>
public sealed unsafe class SimulatedCrashTests : SimulatedCrashTest
{
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
    public void PowerLoss_Truncation_LeavesTheOldOrTheNewSize()
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
        Files.CreateDirectory(Root + "/topic");
        CreateFlushed(Files, Root + "/topic/segment", 1);
        Files.SyncDirectory(Root + "/topic");

        var seen = new HashSet<bool>();
        for (int seed = 0; seed < 50; seed++)
        {
            SimulatedFileSystem clone = Track(Files.Disk.Clone(new Random(seed)));
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
        using LogFile file = Files.OpenFile(Path, FileOpening.CreateNew);
        file.Allocate(0, 2 * Page);
        MappedMemory map = file.Map(2 * Page, writable: true);
        map.Pointer[Page + 1] = 9;
        Assert.NotNull(Files.TryLock(Root + "/lock"));
        CacheIdentity identity = Files.GetCacheIdentity(Root);

        SimulatedFileSystem found = Crash(Files, CrashKind.ProcessKill);

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
        CacheIdentity identity = Files.GetCacheIdentity(Root);

        SimulatedFileSystem found = Crash(Files, Enum.Parse<CrashKind>(kind));

        Assert.NotEqual(identity, found.GetCacheIdentity(Root));
        Assert.NotEqual(found.GetCacheIdentity(Root), Crash(found, Enum.Parse<CrashKind>(kind)).GetCacheIdentity(Root));
    }

    [Fact]
    public void Identity_OfASystemThatHasNone_IsUnknown()
    {
        SimulatedFileSystem files = SimulatedRoot.CreateFiles(new SimulationOptions { IdentityIsKnown = false });
        Track(files.Disk);

        Assert.False(files.GetCacheIdentity(Root).IsKnown);
    }

    [Fact]
    public void Remount_WithoutFailures_KeepsAllThatWasWritten()
    {
        CreateFlushed(Files, Path, 1);
        using LogFile file = Files.OpenFile(Path, FileOpening.ReadWrite);
        file.Write([7], 3 * Page);

        SimulatedFileSystem found = Crash(Files, CrashKind.Remount);

        byte[] bytes = ReadAll(found, Path);
        Assert.Equal((1, 7, (3 * Page) + 1), (bytes[0], bytes[3 * Page], bytes.Length));
    }

    [Fact]
    public void AfterACrash_OldCallsFailAndOldStoresGoNowhere()
    {
        using LogFile file = Files.OpenFile(Path, FileOpening.CreateNew);
        file.Allocate(0, Page);
        using MappedMemory map = file.Map(Page, writable: true);
        using IDisposable? held = Files.TryLock(Root + "/lock");
        map.Pointer[0] = 1;

        SimulatedFileSystem found = Crash(Files, CrashKind.ProcessKill);
        map.Pointer[0] = 2;
        Action[] calls =
        [
            () => file.Write([3], 0), () => file.Flush(0, 1), () => file.Allocate(0, 1), () => file.SetLength(0),
            () => file.Read([0], 0), () => file.Map(1, false), () => _ = file.Length,
            () => Files.OpenFile(Path, FileOpening.Read), () => Files.DeleteFile(Path), () => Files.FileExists(Path),
            () => Files.Rename(Path, Root + "/b"), () => Files.SyncDirectory(Root), () => Files.ListFiles(Root),
            () => Files.CreateDirectory(Root + "/d"), () => Files.TryLock(Root + "/lock"),
        ];

        Assert.All(calls, call => Assert.Contains(
            "crashed", Assert.Throws<FileSystemException>(call).Message, StringComparison.Ordinal));
        Assert.False(map.TryPrepareForWrite(0, 1));
        Assert.True(Files.Disk.HasCrashed);
        Assert.Equal(1, ReadAll(found, Path)[0]);
        Assert.Empty(found.Disk.OpenFiles);
    }

    [Fact]
    public void CrashAtMutation_InTheMiddle_KeepsTheMomentAndFailsTheRest()
    {
        using LogFile file = Files.OpenFile(Path, FileOpening.CreateNew);
        file.Allocate(0, 2 * Page);
        using MappedMemory map = file.Map(2 * Page, writable: true);
        Files.Disk.CrashAtMutation(Files.Disk.Counters.Mutations + 2);

        map.Pointer[0] = 1;
        file.Flush(0, Page);
        map.Pointer[1] = 1;
        Assert.Throws<FileSystemException>(() => file.Flush(0, Page));
        Assert.True(Files.Disk.HasCrashed);
        map.Pointer[2] = 1;
        Assert.Throws<FileSystemException>(() => file.Flush(0, Page));

        Assert.Equal([1, 1, 0], ReadAll(Crash(Files, CrashKind.ProcessKill), Path)[..3]);
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
        CreateFlushed(Files, Path, 1);
        uint before = Files.Disk.Fingerprint();

        SimulatedFileSystem clone = Track(Files.Disk.Clone(new Random(1)));
        Assert.Equal(before, clone.Disk.Fingerprint());
        using (LogFile file = clone.OpenFile(Path, FileOpening.ReadWrite))
        {
            file.Write([2], 0);
        }

        Assert.NotEqual(before, clone.Disk.Fingerprint());
        Assert.Equal(before, Files.Disk.Fingerprint());
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
}
