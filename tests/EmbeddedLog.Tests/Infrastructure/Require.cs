using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>Conditions that a test needs from its machine.</summary>
internal static class Require
{
    /// <summary>Skips the running test on other systems than Linux, wherever it runs: it is about Linux.</summary>
    public static void Linux() => Assert.SkipUnless(OperatingSystem.IsLinux(), "This is about Linux.");

    /// <summary>Skips the running test under an emulator: it is about what the kernel does with advice.</summary>
    public static void Unemulated() =>
        Assert.SkipWhen(OwnProgram.IsEmulated, "The emulator passes no advice on memory on to the kernel.");

    /// <summary>Skips the running test under an emulator: it reads from the device, past the page cache.</summary>
    public static void UnemulatedDevice() =>
        Assert.SkipWhen(OwnProgram.IsEmulated, "The emulator does not tell how to read past the page cache.");

    /// <summary>
    /// Skips the running test with its reason when the machine lacks what it needs. Where the environment variable CI
    /// is <c>true</c> it fails instead, so that a build server which quietly lost a tool does not stay green.
    /// </summary>
    public static void That(bool condition, string reason)
    {
        if (condition)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("CI") == "true")
        {
            Assert.Fail($"This machine must be able to run the test: {reason}");
        }

        Assert.Skip(reason);
    }
}
