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
    /// <param name="groupReads">Whether the group may read new files, if the system has groups.</param>
    /// <exception cref="PlatformNotSupportedException">
    /// The process is not a 64-bit one, the machine is not little-endian, or the system is none of Linux, macOS and
    /// Windows.
    /// </exception>
    public static Platform Create(TimeProvider time, bool groupReads = false)
    {
        return new Platform(CreateFileSystem(groupReads), new ThreadPoolWorkQueue(), GuardedTime.Create(time))
        {
            Pace = TimeProvider.System,
            IsForAllThreads = true,
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

    /// <summary>Refuses machines on which a log cannot work.</summary>
    internal static void CheckMachine(bool is64Bit, bool isLittleEndian)
    {
        // Segments are mapped whole, and the layouts of the system's structures here are for 64 bits only.
        if (!is64Bit)
        {
            throw new PlatformNotSupportedException(
                "EmbeddedLog maps its segments into memory and needs a 64-bit process; this one is a 32-bit process.");
        }

        // Mapped numbers are read in place, and FORMAT.md says that they are little-endian.
        if (!isLittleEndian)
        {
            throw new PlatformNotSupportedException(
                "EmbeddedLog reads little-endian numbers in place, and needs a little-endian machine (x64, "
                + "Arm64); this one is big-endian.");
        }
    }
}
