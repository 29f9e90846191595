using System.Runtime.Versioning;
using EmbeddedLog.IO;
using EmbeddedLog.Tests.Infrastructure;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Tests.IO;

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
