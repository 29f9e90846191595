using EmbeddedLog.Testing.Simulation.Pages;

namespace EmbeddedLog.Testing.Simulation.Disks;

/// <summary>Copies a tree of names, and through a function the files, to an empty disk.</summary>
internal sealed class DiskCopier(SimulatedDisk target, Func<FileImage, FileImage> copyImage)
{
    private readonly Dictionary<DiskNode, DiskNode> _copies = [];

    /// <summary>Copies the live, the durable and the pending state.</summary>
    public void CopyAll(DiskNames source)
    {
        _copies.Add(source.Root, target.Names.Root);
        CopyNames(source.Root, target.Names.Root, live: true);
        foreach (MetadataOperation pending in source.Journal.Pending)
        {
            target.Names.Journal.Add(new MetadataOperation(
                Copy(pending.Node, live: true),
                CopyDirectory(pending.FromDirectory),
                pending.From,
                CopyDirectory(pending.ToDirectory),
                pending.To)
            {
                // Nodes that were not copied by now have no durable name, so they cannot be in the way.
                Replaced = pending.Replaced is null ? null : _copies.GetValueOrDefault(pending.Replaced),
            });
        }
    }

    /// <summary>Copies the durable state as both the live and the durable one.</summary>
    public void CopyDurable(DiskNames source)
    {
        _copies.Add(source.Root, target.Names.Root);
        CopyNames(source.Root, target.Names.Root, live: false);
    }

    private DirectoryNode? CopyDirectory(DirectoryNode? source) =>
        source is null ? null : (DirectoryNode)Copy(source, live: true);

    private DiskNode Copy(DiskNode source, bool live)
    {
        if (_copies.TryGetValue(source, out DiskNode? copy))
        {
            return copy;
        }

        if (source is FileNode file)
        {
            copy = new FileNode(target, copyImage(file.Image)) { Path = file.Path };
            _copies.Add(source, copy);
            return copy;
        }

        copy = new DirectoryNode();
        _copies.Add(source, copy);
        CopyNames((DirectoryNode)source, (DirectoryNode)copy, live);
        return copy;
    }

    private void CopyNames(DirectoryNode source, DirectoryNode copy, bool live)
    {
        foreach ((string name, DiskNode node) in source.Durable)
        {
            DiskNode child = Copy(node, live);
            copy.SetDurable(name, child);
            if (!live)
            {
                copy.SetLive(name, child);
            }
        }

        if (live)
        {
            foreach ((string name, DiskNode node) in source.Live)
            {
                copy.SetLive(name, Copy(node, live));
            }
        }
    }
}
