using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AccessLog.Input;

/// <summary>
/// What a file is known by in every run: where its bytes lie, and a hash of its first bytes, of as many as there were
/// when it was seen last. So a file keeps its identity when it grows or is renamed, and loses it when another is
/// written into its place.
/// </summary>
/// <param name="Place">Device and inode; elsewhere than on Linux on x64 and arm64 the full path.</param>
/// <param name="HeadBytes">How many of the first bytes are hashed, up to <see cref="MaxHeadBytes"/>.</param>
/// <param name="HeadHash">Their hash.</param>
internal sealed partial record FileIdentity(string Place, int HeadBytes, string HeadHash)
{
    /// <summary>So many bytes hold a few lines, the times of which no other log has.</summary>
    public const int MaxHeadBytes = 1024;

    // By number, for musl before 1.2.4 has no function of that name. Zero: other processors are known by the path.
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

    /// <summary>Whether this is what an open file was known by earlier, when it may have been shorter.</summary>
    public bool IsOf(FileStream file, string place) =>
        Place == place && ReadHead(file, HeadBytes) is var head && head.Length == HeadBytes && Hash(head) == HeadHash;

    /// <summary>Where the bytes of an open file lie, whatever its name.</summary>
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

    /// <summary>The first bytes; where the file is read on does not move.</summary>
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
