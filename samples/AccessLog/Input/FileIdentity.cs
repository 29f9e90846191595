using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AccessLog.Input;

/// <summary>
/// The identity of a file over several runs: its place on the disk, and a hash of its first bytes, of as many as it had
/// at the last run. A file keeps its identity when it grows or is renamed, and loses it when another one replaces it.
/// </summary>
/// <param name="Place">Device and inode; elsewhere than on Linux on x64 and arm64 the full path.</param>
/// <param name="HeadBytes">How many of the first bytes are hashed, up to <see cref="MaxHeadBytes"/>.</param>
/// <param name="HeadHash">Their hash.</param>
internal sealed partial record FileIdentity(string Place, int HeadBytes, string HeadHash)
{
    /// <summary>So many bytes have a few lines, whose times are in no other log.</summary>
    public const int MaxHeadBytes = 1024;

    // Called by number, because musl before 1.2.4 has no function of that name. Zero: on other processors the path
    // counts.
    private static readonly nint s_statx = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 332,
        Architecture.Arm64 => 291,
        _ => 0,
    };

    private const int StatxBytes = 256;
    private const int EmptyPath = 0x1000;
    private const int WantInode = 0x100;

    /// <summary>The identity of an open file as of now.</summary>
    public static FileIdentity Of(FileStream file, string place)
    {
        byte[] head = ReadHead(file, MaxHeadBytes);
        return new FileIdentity(place, head.Length, Hash(head));
    }

    /// <summary>Whether this is an earlier identity of an open file, which may have been shorter then.</summary>
    public bool IsOf(FileStream file, string place) =>
        Place == place && ReadHead(file, HeadBytes) is var head && head.Length == HeadBytes && Hash(head) == HeadHash;

    /// <summary>The place of an open file on the disk, whatever its name.</summary>
    public static string PlaceOf(FileStream file)
    {
        byte[] answer = new byte[StatxBytes];
        if (!OperatingSystem.IsLinux() || s_statx == 0
            || Statx(s_statx, file.SafeFileHandle.DangerousGetHandle(), "", EmptyPath, WantInode, answer) != 0)
        {
            return file.Name;
        }

        // struct statx, the same on every processor: the inode at 32, the device's two numbers at 136.
        ulong inode = BitConverter.ToUInt64(answer, 32);
        return $"{BitConverter.ToUInt32(answer, 136)}:{BitConverter.ToUInt32(answer, 140)} {inode}";
    }

    /// <summary>The first bytes; the file's position does not move.</summary>
    public static byte[] ReadHead(FileStream file, int bytes)
    {
        byte[] head = new byte[bytes];
        int read = 0;
        while (read < bytes && RandomAccess.Read(file.SafeFileHandle, head.AsSpan(read), read) is > 0 and int more)
        {
            read += more;
        }

        return head[..read];
    }

    private static string Hash(byte[] head) => Convert.ToHexStringLower(SHA256.HashData(head).AsSpan(0, 8));

    [LibraryImport("libc", EntryPoint = "syscall", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Statx(
        nint number, nint directory, string path, nint flags, nint mask, [Out] byte[] answer);
}
