using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;

namespace EmbeddedLog.Testing.Simulation.Disks;

/// <summary>
/// The tree of directories and files, as programs see it, and its pending changes. Needs the disk's lock.
/// </summary>
internal sealed class DiskNames
{
    private static readonly char[] s_separators = ['/', '\\'];

    /// <summary>The root directory, which always exists.</summary>
    public DirectoryNode Root { get; init; } = new();

    /// <summary>The changes that programs see and the device does not have yet.</summary>
    public MetadataJournal Journal { get; } = new();

    /// <summary>The file or directory that a program finds at <paramref name="path"/>, or null.</summary>
    public DiskNode? Find(string path)
    {
        DiskNode node = Root;
        foreach (Range part in Split(path))
        {
            if (node is not DirectoryNode directory || !directory.Live.TryGetValue(path[part], out DiskNode? child))
            {
                return null;
            }

            node = child;
        }

        return node;
    }

    /// <summary>The directory at <paramref name="path"/>, or the system's error.</summary>
    public DirectoryNode GetDirectory(string operation, string path) => Find(path) switch
    {
        DirectoryNode directory => directory,
        null => throw Missing(operation, path),
        _ => throw SystemErrors.Create(operation, path, FileSystemError.NotADirectory),
    };

    /// <summary>
    /// The directory that holds, or will hold, the last name of <paramref name="path"/>, and that name.
    /// </summary>
    public (DirectoryNode Directory, string Name) GetParent(string operation, string path)
    {
        DirectoryNode directory = Root;
        List<Range> parts = Split(path);
        foreach (Range part in parts.SkipLast(1))
        {
            directory = directory.Live.TryGetValue(path[part], out DiskNode? child)
                ? child as DirectoryNode ?? throw SystemErrors.Create(operation, path, FileSystemError.NotADirectory)
                : throw SystemErrors.Create(operation, path, FileSystemError.NotFound);
        }

        return parts.Count > 0
            ? (directory, path[parts[^1]])
            : throw SystemErrors.Create(operation, path, SystemErrors.InvalidArgument);
    }

    /// <summary>Creates the missing directories of a path.</summary>
    public void CreateDirectories(string path)
    {
        DirectoryNode directory = Root;
        List<Range> parts = Split(path);
        foreach (Range part in parts)
        {
            string name = path[part];
            if (!directory.Live.TryGetValue(name, out DiskNode? child))
            {
                child = new DirectoryNode();
                Link(directory, name, child);
            }

            directory = child as DirectoryNode ?? throw SystemErrors.Create(
                "mkdir",
                path,
                part.Equals(parts[^1]) ? FileSystemError.AlreadyExists : FileSystemError.NotADirectory);
        }
    }

    /// <summary>Points a new name to a new node.</summary>
    public void Link(DirectoryNode directory, string name, DiskNode node)
    {
        directory.SetLive(name, node);
        Journal.Add(new MetadataOperation(node, null, null, directory, name));
    }

    /// <summary>Removes a name.</summary>
    public void Unlink(DirectoryNode directory, string name)
    {
        // The pending operation holds the node before the live name releases it.
        Journal.Add(new MetadataOperation(directory.Live[name], directory, name, null, null));
        directory.SetLive(name, null);
    }

    /// <summary>Moves a name, replacing a file that has the new one.</summary>
    public void Rename(string from, string to)
    {
        (DirectoryNode source, string oldName) = GetParent("rename", from);
        (DirectoryNode target, string newName) = GetParent("rename", to);
        if (!source.Live.TryGetValue(oldName, out DiskNode? node))
        {
            throw SystemErrors.Create("rename", from, FileSystemError.NotFound);
        }

        if (target.Live.TryGetValue(newName, out DiskNode? replaced))
        {
            if (replaced == node)
            {
                return;
            }

            ThrowUnlessReplaceable(node, replaced, to);
        }

        if (node is DirectoryNode moved && Contains(moved, target))
        {
            throw SystemErrors.Create("rename", to, SystemErrors.InvalidArgument);
        }

        Journal.Add(new MetadataOperation(node, source, oldName, target, newName) { Replaced = replaced });
        target.SetLive(newName, node);
        source.SetLive(oldName, null);
    }

    private static void ThrowUnlessReplaceable(DiskNode node, DiskNode replaced, string to)
    {
        switch (node, replaced)
        {
            case (FileNode, FileNode):
                return;
            case (FileNode, DirectoryNode):
                throw SystemErrors.Create("rename", to, SystemErrors.IsADirectory);
            case (DirectoryNode, FileNode):
                throw SystemErrors.Create("rename", to, FileSystemError.NotADirectory);
            default:
                // Linux lets an empty directory be replaced; others do not, so the log must not count on it.
                throw SystemErrors.Create("rename", to, FileSystemError.AlreadyExists);
        }
    }

    private static bool Contains(DirectoryNode directory, DirectoryNode sought) =>
        directory == sought || directory.Live.Values.OfType<DirectoryNode>().Any(child => Contains(child, sought));

    /// <summary>A path below a file is an error of its own, as on a real system.</summary>
    private FileSystemException Missing(string operation, string path)
    {
        GetParent(operation, path);
        return SystemErrors.Create(operation, path, FileSystemError.NotFound);
    }

    private static List<Range> Split(string path)
    {
        var parts = new List<Range>();
        foreach (Range part in path.AsSpan().SplitAny(s_separators))
        {
            if (part.Start.Value != part.End.Value && !IsDrive(path[part]))
            {
                parts.Add(part);
            }
        }

        return parts;
    }

    /// <summary>A drive is not a name: on Windows the full path of <c>/log</c> is <c>C:\log</c>.</summary>
    private static bool IsDrive(string part) => part is [>= 'A' and <= 'Z', ':'];
}
