namespace EmbeddedLog.IO;

/// <summary>The platform that programs run on: the system's files and the runtime's thread pool.</summary>
internal static class RealPlatform
{
    /// <summary>Binds to the system this process runs on.</summary>
    /// <param name="time">Clock and timers; the user's, and guarded here.</param>
    /// <exception cref="PlatformNotSupportedException">
    /// The process is not a 64-bit one, or the system is none of Linux, macOS and Windows.
    /// </exception>
    public static Platform Create(TimeProvider time)
    {
        return new Platform(CreateFileSystem(), new ThreadPoolWorkQueue(), GuardedTime.Create(time))
        {
            Pace = TimeProvider.System,
        };
    }

    private static FileSystem CreateFileSystem()
    {
        // Segments are mapped whole, and the layouts of the system's structures are written down for 64 bits alone.
        if (!Environment.Is64BitProcess)
        {
            throw new PlatformNotSupportedException(
                "EmbeddedLog maps its segments into memory and needs a 64-bit process; this one is a 32-bit process.");
        }

        if (OperatingSystem.IsLinux())
        {
            return new LinuxFileSystem();
        }

        if (OperatingSystem.IsMacOS())
        {
            return new MacFileSystem();
        }

        if (OperatingSystem.IsWindows())
        {
            return new WindowsFileSystem();
        }

        throw new PlatformNotSupportedException("EmbeddedLog runs on Linux, macOS and Windows.");
    }
}
