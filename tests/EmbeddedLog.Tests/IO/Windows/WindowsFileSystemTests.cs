using System.Runtime.Versioning;
using EmbeddedLog.IO;
using EmbeddedLog.IO.Windows;
using EmbeddedLog.Opening;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Tests.IO.Windows;

/// <summary>What the engine relies on in Windows, against the real system or Wine.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsFileSystemTests
{
    public WindowsFileSystemTests() => Assert.SkipUnless(OperatingSystem.IsWindows(), "This is about Windows.");

    [Fact]
    public void GetTraits_WhereSpaceCannotBeReserved_DoesNotMap()
    {
        Assert.SkipUnless(Wine.IsHere, "Windows reserves space.");
        using TempDirectory root = new();

        FileSystemTraits traits = new WindowsFileSystem { WritesToReserve = false }.GetTraits(root.Path);

        Assert.Equal("NTFS", traits.Name);
        Assert.False(traits.CanAllocate);
        Assert.False(traits.MappedStoresAreSafe);
        Assert.Empty(Directory.GetFileSystemEntries(root.Path));
    }

    [Fact]
    public async Task OpenAsync_WhereSpaceCannotBeReserved_WorksWithoutMaps()
    {
        Assert.SkipUnless(Wine.IsHere, "Windows reserves space.");
        using TempDirectory root = new();
        Platform platform = RealPlatform.Create(TimeProvider.System) with
        {
            Files = new WindowsFileSystem { WritesToReserve = false },
        };
        for (int i = 0; i < 2; i++)
        {
            await using CommitLog log = await OpenLog.OnAsync(platform, directory: root["log"]);
            Topic topic = await log.EnsureTopicAsync("topic");
            topic[0].Append(new RawRecord("value"u8));
            await topic[0].FlushAsync();
            Assert.Equal(i + 1, topic[0].EndOffset);
        }
    }

    [Fact]
    public void Rename_OntoAnOpenFile_ReplacesItAndKeepsTheHandle()
    {
        Assert.SkipWhen(Wine.IsHere, "Wine replaces no open file, or takes it from who has it open.");
        using TempDirectory root = new();
        WindowsFileSystem files = new();
        Create(files, root["from"], 1);
        Create(files, root["to"], 2);
        using LogFile open = files.OpenFile(root["to"], FileOpening.Read);

        files.Rename(root["from"], root["to"]);

        byte[] read = new byte[1];
        Assert.Equal(1, open.Read(read, 0));
        Assert.Equal(2, read[0]);
        Assert.Equal([1], File.ReadAllBytes(root["to"]));
    }

    [Fact]
    public async Task Rename_TargetNotSharedForAMoment_Succeeds()
    {
        using TempDirectory root = new();
        WindowsFileSystem files = new();
        Create(files, root["from"], 1);
        Create(files, root["to"], 2);
        FileStream scanner = new(root["to"], FileMode.Open, FileAccess.Read, FileShare.Read);

        Task renaming = Task.Run(
            () => files.Rename(root["from"], root["to"]), TestContext.Current.CancellationToken);
        await scanner.DisposeAsync();
        await renaming;

        Assert.Equal([1], await File.ReadAllBytesAsync(root["to"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Rename_TargetNotSharedForGood_FailsInTheEndAndChangesNothing()
    {
        using TempDirectory root = new();
        WindowsFileSystem files = new();
        Create(files, root["from"], 1);
        Create(files, root["to"], 2);
        using (new FileStream(root["to"], FileMode.Open, FileAccess.Read, FileShare.Read))
        {
            Assert.Throws<FileSystemException>(() => files.Rename(root["from"], root["to"]));
        }

        Assert.Equal([1], File.ReadAllBytes(root["from"]));
        Assert.Equal([2], File.ReadAllBytes(root["to"]));
    }

    [Fact]
    public void OpenFile_SymbolicLink_IsRefusedAndNotFollowed()
    {
        using TempDirectory root = new();
        WindowsFileSystem files = new();
        Create(files, root["target"], 1);
        Assert.SkipUnless(Links.CanBeMade, "Wine shows no link as one, and Windows wants a right to make one.");
        File.CreateSymbolicLink(root["link"], root["target"]);
        Assert.Throws<FileSystemException>(() => files.OpenFile(root["link"], FileOpening.Read));
        Assert.Throws<FileSystemException>(() => files.OpenFile(root["link"], FileOpening.OpenOrCreate));
    }

    private static void Create(WindowsFileSystem files, string path, byte content)
    {
        using LogFile file = files.OpenFile(path, FileOpening.CreateNew);
        file.Write([content], 0);
    }

    [Fact]
    public void SetLength_MuchLonger_TakesNoSpace()
    {
        using TempDirectory root = new();
        using (LogFile file = new WindowsFileSystem().OpenFile(root["file"], FileOpening.CreateNew))
        {
            file.SetLength(64 << 20);
            file.Write([1], 32 << 20);
        }

        using SafeFileHandle handle = File.OpenHandle(root["file"]);
        Assert.Equal(0, WindowsSyscalls.GetAllocation(handle, out long allocated));
        Assert.InRange(allocated, 1, 1 << 20);
    }
}
