using System.Runtime.Versioning;
using EmbeddedLog.IO;
using EmbeddedLog.IO.Linux;
using EmbeddedLog.Opening;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.IO.Linux;

/// <summary>What the log knows of the file systems it finds, and what it leaves on them.</summary>
[SupportedOSPlatform("linux")]
public sealed class LinuxFileSystemTests
{
    private readonly FileSystem _files = RealPlatform.Create(TimeProvider.System).Files;

    public LinuxFileSystemTests() => Require.Linux();

    [Theory]
    [InlineData("ext4", 64, true, true)]
    [InlineData("ext4", 64, true, true, "-O", "bigalloc")]
    [InlineData("xfs", 320, true, true, "-m", "reflink=0")]
    [InlineData("xfs", 320, true, false, "-m", "reflink=1")]
    [InlineData("btrfs", 256, true, false)]
    [InlineData("ext2", 64, false, false)]
    public void GetTraits_OfALoopMount_AreThoseOfItsType(
        string type, int mebibytes, bool allocates, bool safe, params string[] options)
    {
        Assert.SkipWhen(type == "xfs" && OwnProgram.IsEmulated, "The emulator does not know the call that asks XFS.");
        using LoopMount mount = LoopMount.Create(type, mebibytes, options);

        string name = type == "xfs" && !safe ? "xfs with reflink" : type;
        FileSystemTraits expected = new(name, allocates, safe)
        {
            MinFlushedTogether = type is "ext4" or "xfs" ? 4 : int.MaxValue,
        };
        Assert.Equal(expected, _files.GetTraits(mount.Path));
        Assert.Empty(_files.ListFiles(mount.Path));
    }

    [Theory]
    [InlineData("tmpfs", true, true)]
    [InlineData("ramfs", false, false)]
    public void GetTraits_InMemory_AreThoseOfItsType(string type, bool allocates, bool safe)
    {
        using LoopMount mount = LoopMount.CreateWithoutDevice(type, "mode=0755");

        Assert.Equal(new FileSystemTraits(type, allocates, safe), _files.GetTraits(mount.Path));
    }

    /// <summary>Over layers on different file systems it numbers directories anew, as it comes across them.</summary>
    [Fact]
    public void GetDirectoryId_OverlayThatIsMountedAgain_IsTheSameOrUnknown()
    {
        using LoopMount layers = LoopMount.CreateWithoutDevice("tmpfs", "mode=0755");
        using TempDirectory lower = new();
        Directory.CreateDirectory(layers["upper"]);
        Directory.CreateDirectory(layers["work"]);
        string options = $"lowerdir={lower.Path},upperdir={layers["upper"]},workdir={layers["work"]}";
        Dictionary<string, ulong> before = [];
        using (LoopMount mount = LoopMount.CreateWithoutDevice("overlay", options))
        {
            foreach (string name in (ReadOnlySpan<string>)["a", "b", "c"])
            {
                Directory.CreateDirectory(mount[name]);
                before.Add(name, _files.GetDirectoryId(mount[name]));
            }
        }

        using LoopMount again = LoopMount.CreateWithoutDevice("overlay", options);
        Assert.All(
            before.Reverse(),
            each => Assert.True(each.Value == 0 || each.Value == _files.GetDirectoryId(again[each.Key]), each.Key));
    }

    [Fact]
    public void GetTraits_Overlay_IsNotTrustedWithMappedStores()
    {
        using TempDirectory layers = new();
        foreach (string name in (ReadOnlySpan<string>)["lower", "upper", "work"])
        {
            Directory.CreateDirectory(layers[name]);
        }

        string options = $"lowerdir={layers["lower"]},upperdir={layers["upper"]},workdir={layers["work"]}";
        using LoopMount mount = LoopMount.CreateWithoutDevice("overlay", options);

        FileSystemTraits traits = _files.GetTraits(mount.Path);

        Assert.Equal("overlay", traits.Name);
        Assert.False(traits.MappedStoresAreSafe);
    }

    [Fact]
    public void GetTraits_FullDisk_StillSeesThatItAllocates()
    {
        using LoopMount mount = LoopMount.CreateWithoutDevice("tmpfs", "size=1m");
        mount.FillUp("filler");

        Assert.True(_files.GetTraits(mount.Path).CanAllocate);
    }

    [Fact]
    public void GetCacheIdentity_Remounted_Differs()
    {
        using LoopMount mount = LoopMount.Create("ext4", 64);
        CacheIdentity before = _files.GetCacheIdentity(mount.Path);
        RequireKnown(before);

        mount.Remount();

        CacheIdentity after = _files.GetCacheIdentity(mount.Path);
        Assert.NotEqual(before, after);
        Assert.NotEqual(before.Mount, after.Mount);
        Assert.Equal(before, after with { Mount = before.Mount });
    }

    [Fact]
    public void GetCacheIdentity_OfAnotherProcess_IsEqual()
    {
        using TempDirectory directory = new();
        CacheIdentity mine = _files.GetCacheIdentity(directory.Path);
        RequireKnown(mine);

        Assert.Equal(mine.ToString(), ProbeProcess.Run("cache-identity", directory.Path));
    }

    [Fact]
    public void GetCacheIdentity_BootId_IsTheKernels()
    {
        using TempDirectory directory = new();
        Guid boot = Guid.Parse(File.ReadAllText("/proc/sys/kernel/random/boot_id"));

        CacheIdentity identity = _files.GetCacheIdentity(directory.Path);

        Assert.Equal(boot.ToString("N"), $"{identity.BootHigh:x16}{identity.BootLow:x16}");
    }

    [Fact]
    public void Created_FilesAndDirectories_AreTheirOwnersAlone()
    {
        using TempDirectory directory = new();

        _files.CreateDirectory(Path.Combine(directory["outer"], "inner"));
        _files.OpenFile(directory["new"], FileOpening.CreateNew).Dispose();
        _files.OpenFile(directory["opened"], FileOpening.OpenOrCreate).Dispose();
        _files.TryLock(directory["lock"])!.Dispose();

        const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(OwnerFile | UnixFileMode.UserExecute, File.GetUnixFileMode(directory["outer"]));
        Assert.Equal(
            OwnerFile | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(directory["outer"], "inner")));
        Assert.Equal(OwnerFile, File.GetUnixFileMode(directory["new"]));
        Assert.Equal(OwnerFile, File.GetUnixFileMode(directory["opened"]));
        Assert.Equal(OwnerFile, File.GetUnixFileMode(directory["lock"]));
    }

    /// <summary>Every way to open a file: none follows a link, and none waits for the other end of a pipe.</summary>
    [Theory]
    [InlineData(null, "link")]
    [InlineData(null, "pipe")]
    [InlineData(FileOpening.Read, "link")]
    [InlineData(FileOpening.Read, "pipe")]
    [InlineData(FileOpening.ReadShared, "link")]
    [InlineData(FileOpening.ReadShared, "pipe")]
    [InlineData(FileOpening.ReadWrite, "link")]
    [InlineData(FileOpening.ReadWrite, "pipe")]
    [InlineData(FileOpening.OpenOrCreate, "link")]
    [InlineData(FileOpening.OpenOrCreate, "pipe")]
    public void Open_WhatIsNoRegularFile_IsRefused(object? opening, string kind)
    {
        using TempDirectory directory = new();
        File.WriteAllText(directory["file"], "contents");
        File.CreateSymbolicLink(directory["link"], directory["file"]);
        Command.RunOrThrow("mkfifo", directory["pipe"]);

        Assert.Throws<FileSystemException>(() => (opening is FileOpening way
            ? _files.OpenFile(directory[kind], way)
            : _files.TryOpenPastCache(directory[kind])
                ?? _files.OpenFile(directory[kind], FileOpening.Read)).Dispose());
    }

    /// <summary>Why directories are synchronized by calls of our own.</summary>
    [Fact]
    public void RuntimeOpenHandle_OfADirectory_Throws()
    {
        using TempDirectory directory = new();

        Assert.Throws<UnauthorizedAccessException>(() => File.OpenHandle(directory.Path));
    }

    [Fact]
    public void Map_OfAFileOpenForWriting_IsAdvisedRandomAndOthersAreNot()
    {
        Require.Unemulated();
        using TempDirectory directory = new();
        using LogFile written = _files.OpenFile(directory["file"], FileOpening.CreateNew);
        written.SetLength(65536);
        using LogFile read = _files.OpenFile(directory["file"], FileOpening.Read);
        using MappedMemory writable = written.Map(65536, writable: true);
        using MappedMemory readable = written.Map(65536, writable: false);
        using MappedMemory cold = read.Map(65536, writable: false);

        Assert.Contains("rr", FlagsOf(writable));
        Assert.Contains("rr", FlagsOf(readable));
        Assert.DoesNotContain("rr", FlagsOf(cold));
    }

    /// <summary>Machines with base pages of 16 and 64 KiB, whose huge pages hold half a segment or more.</summary>
    [Theory]
    [InlineData(2L << 20, true)]
    [InlineData(32L << 20, false)]
    [InlineData(512L << 20, false)]
    [InlineData(0L, false)]
    public unsafe void PreferLargePages_HugePagesOfASize_AreAskedForIfTheyAreLargePages(long hugePageBytes, bool asked)
    {
        Require.Unemulated();
        Assert.SkipUnless(LinuxMemory.HugePageBytes != 0, "This kernel has no transparent huge pages.");
        using TempDirectory directory = new();
        using LogFile file = _files.OpenFile(directory["file"], FileOpening.CreateNew);
        file.SetLength(65536);
        using MappedMemory map = file.Map(65536, writable: true);
        LinuxMappedMemory there = new(map.Pointer, map.Length, isWritten: true, hugePageBytes);

        there.PreferLargePages(true);

        Assert.Equal(asked, FlagsOf(map).Contains("hg"));
    }

    [Fact]
    public void HugePageBytes_OfThisMachine_AreOneTableOfBasePages()
    {
        Assert.SkipUnless(LinuxMemory.HugePageBytes != 0, "This kernel has no transparent huge pages.");

        // A table fills one page with entries of eight bytes.
        Assert.Equal((long)Environment.SystemPageSize * (Environment.SystemPageSize / 8), LinuxMemory.HugePageBytes);
    }

    /// <summary>The kernel's two-letter flags of the area that a map occupies.</summary>
    private static unsafe string[] FlagsOf(MappedMemory map)
    {
        string start = $"{(ulong)map.Pointer:x}-";
        return File.ReadLines("/proc/self/smaps")
            .SkipWhile(line => !line.StartsWith(start, StringComparison.Ordinal))
            .First(line => line.StartsWith("VmFlags:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    private static void RequireKnown(CacheIdentity identity) =>
        Require.That(identity.IsKnown, "This kernel has no unique mount numbers (Linux 6.8).");
}
