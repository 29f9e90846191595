using System.Runtime.InteropServices;
using EmbeddedLog.IO.Linux;

namespace EmbeddedLog.Tests.IO.Linux;

/// <summary>
/// The numbers of other architectures, read from the kernel's headers (arch/*/include/uapi/asm, uapi/linux/fadvise.h).
/// No machine that runs the tests has them all.
/// </summary>
public sealed class LinuxNumbersTests
{
    [Theory]
    [InlineData(Architecture.X64, 0x10000, 0x20000, 0x4000, 4, 332)]
    [InlineData(Architecture.Arm64, 0x4000, 0x8000, 0x10000, 4, 291)]
    [InlineData(Architecture.Ppc64le, 0x4000, 0x8000, 0x20000, 4, 383)]
    [InlineData(Architecture.S390x, 0x10000, 0x20000, 0x4000, 6, 379)]
    [InlineData(Architecture.RiscV64, 0x10000, 0x20000, 0x4000, 4, 291)]
    [InlineData(Architecture.LoongArch64, 0x10000, 0x20000, 0x4000, 4, 291)]
    public void Of_EachArchitecture_IsWhatTheKernelsHeadersSay(
        Architecture architecture, int directory, int noFollow, int pastCache, int dropPages, int status)
    {
        LinuxNumbers numbers = LinuxNumbers.Of(architecture);

        Assert.Equal(directory, numbers.OpenDirectory);
        Assert.Equal(noFollow, numbers.OpenNoFollow);
        Assert.Equal(pastCache, numbers.OpenPastCache);
        Assert.Equal(dropPages, numbers.AdviseDropPages);
        Assert.Equal(status, numbers.StatusCall);
        Assert.Equal(architecture == Architecture.Ppc64le, numbers.ReadingCall < numbers.WritingCall);
    }
}
