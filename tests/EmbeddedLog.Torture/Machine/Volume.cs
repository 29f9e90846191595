namespace EmbeddedLog.Torture.Machine;

/// <summary>
/// A small file system of its own, in an image file on a loop device. Unmounted, and the device let go, on
/// <see cref="Dispose"/>, even while something still has a file open on it. Needs root.
/// </summary>
internal sealed class Volume : IDisposable
{
    private const int ReadOnlyFileSystem = 30; // EROFS, which .NET passes on as it is

    private readonly string _type;
    private string? _device;
    private bool _mounted;

    private Volume(string type, string image, string path)
    {
        _type = type;
        Image = image;
        Path = path;
    }

    /// <summary>The image file.</summary>
    public string Image { get; }

    /// <summary>The mount point.</summary>
    public string Path { get; }

    /// <summary>Skips the mode where a file system of that type cannot be made.</summary>
    public static void Require(string type)
    {
        Tool.RequireMounts();
        Tool.Require($"mkfs.{type}", type switch { "ext4" => "e2fsprogs", "xfs" => "xfsprogs", _ => "btrfs-progs" });
        Tool.Require("losetup", "mount");
    }

    /// <summary>Makes a file system and mounts it.</summary>
    /// <param name="type">ext4, xfs or btrfs.</param>
    /// <param name="mebibytes">Its size; xfs takes no less than 300, of which little is used.</param>
    /// <param name="image">The image file, which is made.</param>
    /// <param name="path">The mount point, which is made.</param>
    /// <param name="canFail">
    /// Whether the device is to fail when the file system of the image is full: then all blocks are there from the
    /// start, to be given back by <see cref="Trim"/>.
    /// </param>
    /// <param name="sharesBlocks">Whether an xfs lets copies share blocks, so that nothing is mapped on it.</param>
    /// <exception cref="TortureSkippedException">The machine does not mount it.</exception>
    public static Volume Create(
        string type, int mebibytes, string image, string path, bool canFail = false, bool sharesBlocks = true)
    {
        Volume volume = new(type, image, path);
        try
        {
            Directory.CreateDirectory(path);
            CreateImage(image, (long)mebibytes << 20, canFail);
            volume.Attach();
            if (canFail)
            {
                volume.LimitRequests();
            }

            Tool.Run($"mkfs.{type}", [.. MakeOptions(type, canFail, sharesBlocks), volume._device!]);
            volume.Mount();
            return volume;
        }
        catch
        {
            volume.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether nothing can be written: ext4 makes itself read-only when it could not write its own journal. It is
    /// tried, since the options of the mount do not tell of it.
    /// </summary>
    public bool IsReadOnly
    {
        get
        {
            string probe = System.IO.Path.Combine(Path, "probe");
            try
            {
                File.OpenHandle(probe, FileMode.Create, FileAccess.Write).Dispose();
                File.Delete(probe);
                return false;
            }
            catch (IOException exception)
            {
                return exception.HResult == ReadOnlyFileSystem;
            }
        }
    }

    /// <summary>
    /// Ends the file system as a loss of power does: what is only in memory is not written any more, the journal
    /// included. What was written back before stays.
    /// </summary>
    public void Shutdown() => FileSystemShutdown.WithoutLogFlush(Path);

    /// <summary>Unmounts the file system and mounts it again: nothing of its page cache is left.</summary>
    /// <param name="copy">Where the image is kept as it was in between, as evidence.</param>
    public void Remount(string copy)
    {
        Tool.Run("umount", Path);
        _mounted = false;
        Tool.Run("cp", "--sparse=always", Image, copy);
        Mount();
    }

    /// <summary>Gives the blocks of the image back in which the file system has nothing.</summary>
    public void Trim() => Tool.Run("fstrim", Path);

    public void Dispose()
    {
        if (_mounted && Tool.TryRun("umount", Path).Code != 0)
        {
            Tool.Run("umount", "--lazy", Path);
        }

        _mounted = false;
        if (_device is not null)
        {
            // A device that is still in use goes away with its last user.
            Tool.Run("losetup", "--detach", _device);
            _device = null;
        }
    }

    private static void CreateImage(string image, long bytes, bool isFilled)
    {
        using FileStream stream = File.Create(image);
        stream.SetLength(bytes);
        byte[] zeros = new byte[1 << 20];
        for (long at = 0; isFilled && at < bytes; at += zeros.Length)
        {
            stream.Write(zeros);
        }
    }

    /// <summary>
    /// Tables are written at once instead of later, in the background; and where the image is to stay filled, the
    /// blocks are not given back first.
    /// </summary>
    private static string[] MakeOptions(string type, bool keepBlocks, bool sharesBlocks) => type switch
    {
        "ext4" when keepBlocks => ["-q", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard"],
        "ext4" => ["-q", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0"],
        "xfs" => ["-q", "-f", "-m", sharesBlocks ? "reflink=1" : "reflink=0", .. keepBlocks ? ["-K"] : (string[])[]],
        _ => ["-q", "-f", "-M"],
    };

    private void Attach()
    {
        (int code, string device, string error) = Tool.TryRun("losetup", "--find", "--show", Image);
        _device = code == 0
            ? device.Trim()
            : throw new TortureSkippedException($"There is no loop device to be had: {error.Trim()}");
    }

    /// <summary>
    /// Lets no request be longer than a page. The driver reports a write that could not be made to its end as done
    /// (seen on Linux 6.18): a device that lies, over which nothing can be promised.
    /// </summary>
    private void LimitRequests() => File.WriteAllText(
        $"/sys/block/{System.IO.Path.GetFileName(_device)}/queue/max_sectors_kb", "4");

    private void Mount()
    {
        (int code, _, string error) = Tool.TryRun("mount", "-t", _type, _device!, Path);
        _mounted = code == 0
            ? true
            : throw new TortureSkippedException($"This machine does not mount {_type}: {error.Trim()}");
    }
}
