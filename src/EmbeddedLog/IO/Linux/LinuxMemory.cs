using System.Globalization;
using System.Runtime.Versioning;

namespace EmbeddedLog.IO.Linux;

/// <summary>Properties of the kernel's memory.</summary>
[SupportedOSPlatform("linux")]
internal static class LinuxMemory
{
    private const string HugePageFile = "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size";

    /// <summary>The size of a huge page that a map may get; zero without such pages.</summary>
    public static long HugePageBytes { get; } = ReadHugePageBytes();

    private static long ReadHugePageBytes()
    {
        try
        {
            return long.Parse(File.ReadAllText(HugePageFile).AsSpan().Trim(), CultureInfo.InvariantCulture);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            return 0;
        }
    }
}
