using System.Globalization;

namespace EmbeddedLog.Tests.Infrastructure.Processes;

/// <summary>
/// A small file system of its own: in an image file on a loop device, or in memory. Needs root. Unmounted and removed
/// on <see cref="Dispose"/>, even while something still has a file open on it.
/// </summary>
internal sealed class LoopMount : IDisposable
{
    private const int SectorBytes = 512;

    private readonly TempDirectory _directory;

    /// <summary>The loop device; null for a file system in memory.</summary>
    private string? _device;

    private bool _mounted;

    private LoopMount(TempDirectory directory)
    {
        _directory = directory;
        Directory.CreateDirectory(Path);
    }

    /// <summary>The mount point.</summary>
    public string Path => _directory["mount"];

    /// <summary>The path of <paramref name="name"/> on the mounted file system.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>How many bytes were written to the loop device since it was attached.</summary>
    public long DeviceBytesWritten
    {
        get
        {
            string name = System.IO.Path.GetFileName(_device!);
            string[] fields = File.ReadAllText($"/sys/block/{name}/stat")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return long.Parse(fields[6], CultureInfo.InvariantCulture) * SectorBytes;
        }
    }

    /// <summary>Mounts a new file system of a type that mkfs knows (ext4, ext2, xfs, btrfs).</summary>
    /// <param name="type">The type.</param>
    /// <param name="mebibytes">Its size.</param>
    /// <param name="options">What else mkfs is told.</param>
    public static LoopMount Create(string type, int mebibytes, params IEnumerable<string> options)
    {
        RequireRoot();
        Require.That(Command.Exists($"mkfs.{type}"), $"mkfs.{type} is not installed.");
        LoopMount mount = new(new TempDirectory());
        try
        {
            mount.Attach(type, mebibytes, options);
            mount.Mount("-t", type, mount._device!);
            return mount;
        }
        catch
        {
            mount.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Mounts a new XFS on a device that reads and writes in blocks larger than a page of 4 KiB. Kernels call that an
    /// experiment, and one that had mounted it was seen to refuse it minutes later.
    /// </summary>
    public static LoopMount CreateOnLargeBlocks(int blockBytes)
    {
        RequireRoot();
        Require.That(Command.Exists("mkfs.xfs"), "mkfs.xfs is not installed.");
        LoopMount mount = new(new TempDirectory());
        try
        {
            string[] options = ["-m", "reflink=0", "-b", $"size={blockBytes}", "-s", $"size={blockBytes}"];
            mount.Attach("xfs", 320, options, ["--sector-size", $"{blockBytes}"]);
            mount._mounted = Command.Run("mount", ["-t", "xfs", mount._device!, mount.Path]).ExitCode == 0;
            Assert.SkipUnless(mount._mounted, "This kernel does not mount blocks that are larger than its pages.");
            return mount;
        }
        catch
        {
            mount.Dispose();
            throw;
        }
    }

    /// <summary>Mounts a new file system that lives in memory (tmpfs, ramfs) or on others (overlay).</summary>
    public static LoopMount CreateWithoutDevice(string type, string options)
    {
        RequireRoot();
        LoopMount mount = new(new TempDirectory());
        try
        {
            mount.Mount("-t", type, "-o", options, type);
            return mount;
        }
        catch
        {
            mount.Dispose();
            throw;
        }
    }

    /// <summary>Unmounts the file system and mounts it again from the same device: its page cache is gone.</summary>
    public void Remount()
    {
        Command.RunOrThrow("umount", Path);
        _mounted = false;
        Mount(_device!);
    }

    /// <summary>Lets nothing be written any more.</summary>
    public void MakeReadOnly() => Command.RunOrThrow("mount", "-o", "remount,ro", Path);

    /// <summary>Writes a file until the file system is full.</summary>
    public void FillUp(string name)
    {
        using FileStream filler = new(this[name], FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] bytes = new byte[1 << 20];
        for (int length = bytes.Length; length >= 1;)
        {
            try
            {
                filler.Write(bytes, 0, length);
            }
            catch (IOException)
            {
                length /= 2;
            }
        }
    }

    public void Dispose()
    {
        if (_mounted && Command.Run("umount", Path).ExitCode != 0)
        {
            Command.RunOrThrow("umount", "--lazy", Path);
        }

        _mounted = false;
        if (_device is not null)
        {
            // A device that is still in use goes away with its last user.
            Command.RunOrThrow("losetup", "--detach", _device);
            _device = null;
        }

        _directory.Dispose();
    }

    private static void RequireRoot()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Loop mounts are for Linux.");
        Require.That(Environment.IsPrivilegedProcess, "Mounting a file system needs root.");
    }

    private void Attach(
        string type, int mebibytes, IEnumerable<string> more, params IEnumerable<string> device)
    {
        string image = _directory["image"];
        using (FileStream stream = File.Create(image))
        {
            stream.SetLength((long)mebibytes << 20);
        }

        // Small ext file systems get blocks of 1 KiB, which hide how much a flush writes on a real one; and their
        // tables are filled while they are mounted, which would count as written by the test.
        string[] options = type.StartsWith("ext", StringComparison.Ordinal)
            ? ["-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0"]
            : [];
        Command.RunOrThrow($"mkfs.{type}", options.Concat(more).Concat(["-q", image]));
        Command attached = Command.Run("losetup", device.Concat(["--find", "--show", image]));
        Require.That(attached.ExitCode == 0, $"There is no loop device to be had: {attached.Error.Trim()}");
        _device = attached.Output.Trim();
    }

    private void Mount(params IEnumerable<string> arguments)
    {
        Command mounted = Command.Run("mount", arguments.Append(Path));
        Require.That(mounted.ExitCode == 0, $"This machine does not mount it: {mounted.Error.Trim()}");
        _mounted = true;
    }
}
