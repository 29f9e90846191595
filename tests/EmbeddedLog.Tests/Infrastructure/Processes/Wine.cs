using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EmbeddedLog.IO.Windows;

namespace EmbeddedLog.Tests.Infrastructure.Processes;

/// <summary>Wine, on which the tests for Windows run where there is no Windows.</summary>
internal static class Wine
{
    /// <summary>Whether this is Wine.</summary>
    public static bool IsHere { get; } = OperatingSystem.IsWindows()
        && NativeLibrary.TryLoad("ntdll", out nint library)
        && NativeLibrary.TryGetExport(library, "wine_get_version", out _);

    /// <summary>
    /// Skips a test that abandons a log in this process, which still has its files open, and recovers its directory.
    /// Kills of real processes are tested by the torture.
    /// </summary>
    public static void SkipWhereOpenFilesAreReplaced() =>
        Assert.SkipWhen(IsHere, "Wine replaces no file that is open, as those of the abandoned log are.");

    /// <summary>Wine has no call that reserves space; the tests are to run as on Windows all the same.</summary>
    [ModuleInitializer]
    internal static void MapAsOnWindows()
    {
        if (OperatingSystem.IsWindows() && IsHere)
        {
            WindowsFileSystem.WritesToReserveByDefault = true;
        }
    }
}
