using System.Runtime.CompilerServices;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.IO;
using EmbeddedLog.IO.Linux;
using EmbeddedLog.IO.Mac;
using EmbeddedLog.Opening;

namespace EmbeddedLog.Tests.Opening;

/// <summary>The platform that programs run on.</summary>
public sealed class RealPlatformTests
{
    private static readonly AsyncLocal<string?> s_flowing = new();

    [Fact]
    public void Create_OnThisSystem_HasItsFilesAndTheGivenClock()
    {
        Platform platform = RealPlatform.Create(TimeProvider.System);

        Assert.True(GuardedTime.IsSystem(platform.Time));
        string system = OperatingSystem.IsLinux() ? "Linux" : OperatingSystem.IsMacOS() ? "Mac" : "Windows";
        Assert.Equal($"{system}FileSystem", platform.Files.GetType().Name);
    }

    [Theory]
    [InlineData(false, true, "64-bit")]
    [InlineData(true, false, "little-endian")]
    public void CheckMachine_OfAnotherKind_SaysWhatIsNeeded(bool is64Bit, bool isLittleEndian, string needed)
    {
        PlatformNotSupportedException refused = Assert.Throws<PlatformNotSupportedException>(
            () => RealPlatform.CheckMachine(is64Bit, isLittleEndian));

        Assert.Contains(needed, refused.Message, StringComparison.Ordinal);
        RealPlatform.CheckMachine(is64Bit: true, isLittleEndian: true);
    }

    [Fact]
    public async Task Queue_FromACaller_RunsOnThePoolWithoutItsContext()
    {
        s_flowing.Value = "the caller's";
        Item item = new();

        new ThreadPoolWorkQueue().Queue(item);

        Assert.Equal((true, null), await item.Ran);
    }

    /// <summary>The layouts that the systems' headers give.</summary>
    [Fact]
    public void Structures_OfTheSystems_HaveTheirSizes()
    {
        Assert.Equal(256, Unsafe.SizeOf<LinuxFileStatus>());
        Assert.Equal(144, Unsafe.SizeOf<MacFileStatus>());
        Assert.Equal(32, Unsafe.SizeOf<MacPreallocation>());
    }

    private sealed class Item : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource<(bool OnPool, string? Context)> _ran = new();

        public Task<(bool OnPool, string? Context)> Ran => _ran.Task;

        public void Execute() => _ran.SetResult((Thread.CurrentThread.IsThreadPoolThread, s_flowing.Value));
    }
}
