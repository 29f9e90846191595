using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.IO;
using EmbeddedLog.IO.Linux;
using EmbeddedLog.IO.Mac;
using EmbeddedLog.IO.Windows;

namespace EmbeddedLog.Opening;

/// <summary>The platform that programs run on: the system's files and the runtime's thread pool.</summary>
internal static class RealPlatform
{
    /// <summary>Binds to the system this process runs on.</summary>
    /// <param name="time">Clock and timers; the user's, and guarded here.</param>
    /// <param name="groupReads">Whether what is made may be read by its group, where the system has one.</param>
    /// <exception cref="PlatformNotSupportedException">
    /// The process is not a 64-bit one, the machine is not little-endian, or the system is none of Linux, macOS and
    /// Windows.
    /// </exception>
    public static Platform Create(TimeProvider time, bool groupReads = false)
    {
        return new Platform(CreateFileSystem(groupReads), new ThreadPoolWorkQueue(), GuardedTime.Create(time))
        {
            Pace = TimeProvider.System,
        };
    }

    private static FileSystem CreateFileSystem(bool groupReads)
    {
        CheckMachine(Environment.Is64BitProcess, BitConverter.IsLittleEndian);

        if (OperatingSystem.IsLinux())
        {
            return new LinuxFileSystem { GroupReads = groupReads };
        }

        if (OperatingSystem.IsMacOS())
        {
            return new MacFileSystem { GroupReads = groupReads };
        }

        if (OperatingSystem.IsWindows())
        {
            return new WindowsFileSystem();
        }

        throw new PlatformNotSupportedException("EmbeddedLog runs on Linux, macOS and Windows.");
    }

    /// <summary>Refuses machines on which a log cannot be.</summary>
    internal static void CheckMachine(bool is64Bit, bool isLittleEndian)
    {
        // Segments are mapped whole, and the layouts of the system's structures are written down for 64 bits alone.
        if (!is64Bit)
        {
            throw new PlatformNotSupportedException(
                "EmbeddedLog maps its segments into memory and needs a 64-bit process; this one is a 32-bit process.");
        }

        // Mapped numbers are read where they lie, and FORMAT.md says that they are little-endian.
        if (!isLittleEndian)
        {
            throw new PlatformNotSupportedException(
                "EmbeddedLog reads little-endian numbers where they lie, and needs a little-endian machine (x64, "
                + "Arm64); this one is big-endian.");
        }
    }
}
