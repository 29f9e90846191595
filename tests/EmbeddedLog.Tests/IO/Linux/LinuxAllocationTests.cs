using System.Runtime.Versioning;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.IO.Linux;

/// <summary>Allocation and mapped stores where the disk has no room: errors instead of a dead process.</summary>
[SupportedOSPlatform("linux")]
public sealed class LinuxAllocationTests
{
    private const int Chunk = 64 * 1024;
    private const int TooMuch = 512 * 1024 * 1024;

    private readonly FileSystem _files = RealPlatform.Create(TimeProvider.System).Files;

    public LinuxAllocationTests() => Require.Linux();

    [Theory]
    [InlineData("tmpfs")]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public void Allocate_FullDisk_IsNoSpaceAndChangesNothing(string type)
    {
        using LoopMount mount = CreateSmall(type);
        using LogFile file = _files.OpenFile(mount["file"], FileOpening.CreateNew);
        file.Allocate(0, Chunk);
        file.Write([1, 2, 3], 0);
        long free = FreeBytes(mount);

        FileSystemException refused = Assert.Throws<FileSystemException>(() => file.Allocate(Chunk, TooMuch));

        Assert.Equal("fallocate", refused.Operation);
        Assert.Equal(FileSystemError.NoSpace, refused.Error);
        Assert.Equal(mount["file"], refused.Path);
        Assert.Contains("No space left on device", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Chunk, file.Length);
        byte[] read = new byte[4];
        file.Read(read, 0);
        Assert.Equal([1, 2, 3, 0], read);
        Assert.InRange(FreeBytes(mount), free - Chunk, free + Chunk);
    }

    [Theory]
    [InlineData("tmpfs")]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public void Allocate_SpaceReturns_SucceedsAgain(string type)
    {
        using LoopMount mount = CreateSmall(type);
        using LogFile file = _files.OpenFile(mount["file"], FileOpening.CreateNew);
        file.Allocate(0, Chunk);
        mount.FillUp("filler");
        Assert.Throws<FileSystemException>(() => file.Allocate(Chunk, 16 * Chunk));

        _files.DeleteFile(mount["filler"]);
        file.Allocate(Chunk, 16 * Chunk);

        Assert.Equal(17 * Chunk, file.Length);
    }

    [Theory]
    [InlineData("tmpfs")]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public unsafe void MappedStores_AllocatedThenDiskFilled_StillSucceed(string type)
    {
        const int Length = 64 * Chunk;
        using LoopMount mount = CreateSmall(type);
        using LogFile file = _files.OpenFile(mount["file"], FileOpening.CreateNew);
        file.Allocate(0, Length);
        using MappedMemory map = file.Map(Length, writable: true);
        mount.FillUp("filler");

        for (int i = 0; i < Length; i++)
        {
            map.Pointer[i] = (byte)((i % 251) + 1);
        }

        file.Flush(0, Length);
        byte[] read = new byte[Length];
        Assert.Equal(Length, file.Read(read, 0));
        Assert.DoesNotContain((byte)0, read);
    }

    [Fact]
    public void Write_FullDisk_IsNoSpace()
    {
        using LoopMount mount = CreateSmall("tmpfs");
        using LogFile file = _files.OpenFile(mount["file"], FileOpening.CreateNew);
        byte[] bytes = new byte[16 << 20];

        FileSystemException refused = Assert.Throws<FileSystemException>(() => file.Write(bytes, 0));

        // The first call wrote what there was room for; only the next one could tell.
        Assert.Equal(FileSystemError.NoSpace, refused.Error);
        Assert.InRange(file.Length, 1, bytes.Length - 1);
    }

    [Theory]
    [InlineData("tmpfs")]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public void TryPrepareForWrite_NoSpaceForHoles_IsFalse(string type)
    {
        Require.Unemulated();
        using LoopMount mount = CreateSmall(type);
        using LogFile file = _files.OpenFile(mount["file"], FileOpening.CreateNew);
        file.SetLength(64 * Chunk);
        using MappedMemory map = file.Map(64 * Chunk, writable: true);
        mount.FillUp("filler");

        Assert.False(map.TryPrepareForWrite(0, 64 * Chunk));
    }

    [Fact]
    public void TryPrepare_AllocatedPages_IsTrue()
    {
        using LoopMount mount = CreateSmall("ext4");
        using LogFile file = _files.OpenFile(mount["file"], FileOpening.CreateNew);
        file.Allocate(0, Chunk);
        using MappedMemory map = file.Map(Chunk, writable: true);

        Assert.True(map.TryPrepareForWrite(1, Chunk - 1));
        Assert.True(map.TryPrepareForRead(Chunk - 1, 1));
        Assert.True(map.TryPrepareForWrite(Chunk, 0));
    }

    [Fact]
    public void TryPrepare_BeyondTheEnd_IsFalse()
    {
        Require.Unemulated();
        using TempDirectory directory = new();
        using LogFile file = _files.OpenFile(directory["file"], FileOpening.CreateNew);
        file.SetLength(Chunk);
        using MappedMemory map = file.Map(4 * Chunk, writable: true);

        Assert.False(map.TryPrepareForWrite(Chunk, Chunk));
        Assert.False(map.TryPrepareForRead(Chunk - 1, 2));
    }

    /// <summary>What all the care is for: the process is gone, and no handler was asked.</summary>
    [Fact]
    public void MappedStore_WithoutABlock_KillsTheProcess()
    {
        using TempDirectory directory = new();

        Command died = ProbeProcess.RunToDeath("store-without-block", directory["file"]);

        Assert.NotEqual(0, died.ExitCode);
        Assert.Contains("storing", died.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("survived", died.Output, StringComparison.Ordinal);
    }

    private static LoopMount CreateSmall(string type) => type switch
    {
        "tmpfs" => LoopMount.CreateWithoutDevice("tmpfs", "size=8m"),
        "xfs" => LoopMount.Create("xfs", 320),
        _ => LoopMount.Create(type, 64),
    };

    private static long FreeBytes(LoopMount mount) => new DriveInfo(mount.Path).TotalFreeSpace;
}
