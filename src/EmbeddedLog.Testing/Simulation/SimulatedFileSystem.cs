using System.Text;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation.Disks;
using EmbeddedLog.Testing.Simulation.Pages;

namespace EmbeddedLog.Testing.Simulation;

/// <summary>The view of a simulated disk for programs.</summary>
internal sealed class SimulatedFileSystem(SimulatedDisk disk) : FileSystem
{
    /// <summary>The process id that a lock's holder writes, the same in every run.</summary>
    public const int ProcessId = 4711;

    private static readonly byte[] s_owner = Encoding.ASCII.GetBytes($"{ProcessId}\n");

    /// <summary>The state behind this view.</summary>
    public SimulatedDisk Disk { get; } = disk;

    public override FileSystemTraits GetTraits(string directory)
    {
        lock (Disk.Gate)
        {
            Disk.Enter(FaultKind.GetTraits, directory);
            Disk.Names.GetDirectory("statfs", directory);
            return Disk.Options.Traits;
        }
    }

    public override CacheIdentity GetCacheIdentity(string directory)
    {
        lock (Disk.Gate)
        {
            Disk.Enter(FaultKind.GetCacheIdentity, directory);
            Disk.Names.GetDirectory("statx", directory);
            return Disk.Options.IdentityIsKnown ? Disk.Identity : default;
        }
    }

    public override void CreateDirectory(string path)
    {
        lock (Disk.Gate)
        {
            Disk.Enter(FaultKind.CreateDirectory, path, mutates: true);
            Disk.Names.CreateDirectories(path);
        }
    }

    public override void DeleteDirectory(string path)
    {
        lock (Disk.Gate)
        {
            Disk.Enter(FaultKind.DeleteDirectory, path, mutates: true);
            switch (Disk.Names.Find(path))
            {
                case null:
                    return;
                case DirectoryNode { Live.Count: > 0 }:
                    throw SystemErrors.Create("rmdir", path, SystemErrors.NotEmpty);
                case FileNode:
                    throw SystemErrors.Create("rmdir", path, FileSystemError.NotADirectory);
                default:
                    (DirectoryNode parent, string name) = Disk.Names.GetParent("rmdir", path);
                    Disk.Names.Unlink(parent, name);
                    return;
            }
        }
    }

    public override void SyncDirectory(string path)
    {
        Disk.Yield();
        lock (Disk.Gate)
        {
            Disk.Enter(FaultKind.SyncDirectory, path, mutates: true);
            Disk.Names.Journal.Sync(Disk.Names.GetDirectory("fsync", path));
        }

        Disk.Yield();
    }

    public override bool DirectoryExists(string path) => Find(path) is DirectoryNode;

    public override bool FileExists(string path) => Find(path) is FileNode;

    public override IReadOnlyList<string> ListFiles(string path) => List<FileNode>(FaultKind.ListFiles, path);

    public override IReadOnlyList<string> ListDirectories(string path) =>
        List<DirectoryNode>(FaultKind.ListDirectories, path);

    public override void Rename(string from, string to)
    {
        lock (Disk.Gate)
        {
            Disk.Enter(FaultKind.Rename, from, mutates: true);
            Disk.Names.Rename(from, to);
        }
    }

    public override void DeleteFile(string path)
    {
        lock (Disk.Gate)
        {
            Disk.Enter(FaultKind.DeleteFile, path, mutates: true);
            switch (Disk.Names.Find(path))
            {
                case null:
                    return;
                case DirectoryNode:
                    throw SystemErrors.Create("unlink", path, SystemErrors.IsADirectory);
                default:
                    (DirectoryNode parent, string name) = Disk.Names.GetParent("unlink", path);
                    Disk.Names.Unlink(parent, name);
                    return;
            }
        }
    }

    public override LogFile OpenFile(string path, FileOpening opening)
    {
        lock (Disk.Gate)
        {
            bool creates = opening is FileOpening.CreateNew or FileOpening.OpenOrCreate;
            Disk.Enter(FaultKind.OpenFile, path, mutates: creates);
            FileNode node = OpenNode(path, creates, mayExist: opening != FileOpening.CreateNew);
            bool isWritable = opening is not (FileOpening.Read or FileOpening.ReadShared);
            return new SimulatedFile(Disk, node, path, isWritable);
        }
    }

    public override IDisposable? TryLock(string path)
    {
        lock (Disk.Gate)
        {
            Disk.Enter(FaultKind.Lock, path, mutates: true);
            FileNode node = OpenNode(path, creates: true, mayExist: true);
            if (!Disk.Locked.Add(node))
            {
                return null;
            }

            WriteOwner(node);
            return new SimulatedLock(Disk, node, path);
        }
    }

    public override LockHolder? ReadLockOwner(string path)
    {
        lock (Disk.Gate)
        {
            Disk.Enter(FaultKind.ReadLockOwner, path);
            if (Disk.Names.Find(path) is not FileNode node)
            {
                return null;
            }

            return LockHolder.Parse(node.Image.Read(0, (int)Math.Min(LockHolder.MaxTextBytes, node.Image.Length)));
        }
    }

    private FileNode OpenNode(string path, bool creates, bool mayExist)
    {
        (DirectoryNode parent, string name) = Disk.Names.GetParent("open", path);
        if (!parent.Live.TryGetValue(name, out DiskNode? node))
        {
            if (!creates)
            {
                throw SystemErrors.Create("open", path, FileSystemError.NotFound);
            }

            node = new FileNode(Disk, new FileImage());
            Disk.Names.Link(parent, name, node);
        }
        else if (!mayExist)
        {
            throw SystemErrors.Create("open", path, FileSystemError.AlreadyExists);
        }

        var file = node as FileNode ?? throw SystemErrors.Create("open", path, SystemErrors.IsADirectory);
        file.Path = path;
        return file;
    }

    /// <summary>The owner's id is only a hint, so a full disk does not prevent the lock.</summary>
    private void WriteOwner(FileNode node)
    {
        if (Disk.Space.TryTake(node.Image, 0, s_owner.Length))
        {
            node.Image.Write(s_owner, 0);
        }
    }

    private DiskNode? Find(string path)
    {
        lock (Disk.Gate)
        {
            Disk.Enter(FaultKind.Exists, path);
            return Disk.Names.Find(path);
        }
    }

    private string[] List<T>(FaultKind kind, string path)
        where T : DiskNode
    {
        lock (Disk.Gate)
        {
            Disk.Enter(kind, path);
            DirectoryNode directory = Disk.Names.GetDirectory("opendir", path);
            return [.. directory.Live.Where(pair => pair.Value is T).Select(pair => pair.Key)];
        }
    }
}
