using System.Runtime.InteropServices;

namespace EmbeddedLog.IO.Linux;

/// <summary>
/// The numbers that differ between architectures of Linux, from the kernel's headers. All other numbers in this folder
/// are the same on every architecture that .NET runs on.
/// </summary>
internal sealed record LinuxNumbers
{
    /// <summary>The numbers of this process.</summary>
    public static LinuxNumbers Current { get; } = Of(RuntimeInformation.ProcessArchitecture);

    /// <summary>O_DIRECTORY.</summary>
    public int OpenDirectory { get; private init; } = 0x10000;

    /// <summary>O_NOFOLLOW: a link is an error.</summary>
    public int OpenNoFollow { get; private init; } = 0x20000;

    /// <summary>O_DIRECT.</summary>
    public int OpenPastCache { get; private init; } = 0x4000;

    /// <summary>POSIX_FADV_DONTNEED.</summary>
    public int AdviseDropPages { get; private init; } = 4;

    /// <summary>_IOC_READ, in the number of an ioctl that reads.</summary>
    public uint ReadingCall { get; private init; } = 0x8000_0000;

    /// <summary>_IOC_WRITE, in the number of an ioctl that writes.</summary>
    public uint WritingCall { get; private init; } = 0x4000_0000;

    /// <summary>The number of statx.</summary>
    public int StatusCall { get; private init; } = 291;

    /// <summary>The numbers of an architecture.</summary>
    public static LinuxNumbers Of(Architecture architecture) => architecture switch
    {
        Architecture.X64 => new() { StatusCall = 332 },
        Architecture.Arm64 => new() { OpenDirectory = 0x4000, OpenNoFollow = 0x8000, OpenPastCache = 0x10000 },
        Architecture.Ppc64le => new()
        {
            OpenDirectory = 0x4000,
            OpenNoFollow = 0x8000,
            OpenPastCache = 0x20000,
            ReadingCall = 0x4000_0000,
            WritingCall = 0x8000_0000,
            StatusCall = 383,
        },
        Architecture.S390x => new() { AdviseDropPages = 6, StatusCall = 379 },
        _ => new(),
    };
}
