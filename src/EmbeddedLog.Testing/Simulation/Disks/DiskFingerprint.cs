using System.Text;
using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Testing.Simulation.Disks;

/// <summary>A checksum of a whole tree. Needs the disk's lock.</summary>
internal static class DiskFingerprint
{
    public static uint Compute(DirectoryNode root) => Crc32C.Finish(Add(Crc32C.Initial, root));

    private static uint Add(uint crc, DirectoryNode directory)
    {
        crc = AddNames(crc, directory.Live);
        return AddNames(Crc32C.Append(crc, (uint)directory.Live.Count), directory.Durable);
    }

    private static uint AddNames(uint crc, IReadOnlyDictionary<string, DiskNode> names)
    {
        foreach ((string name, DiskNode node) in names)
        {
            crc = Crc32C.Append(crc, Encoding.UTF8.GetBytes(name));
            crc = node is DirectoryNode directory ? Add(crc, directory) : ((FileNode)node).Image.AddTo(crc);
        }

        return crc;
    }
}
