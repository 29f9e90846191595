namespace EmbeddedLog.Torture.Machine;

/// <summary>
/// A small file system of its own, in an image file on a loop device. <see cref="Dispose"/> unmounts it and releases
/// the device, even while a file on it is still open. Needs root.
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

    /// <summary>Skips the mode if a file system of that type cannot be created.</summary>
    public static void Require(string type)
    {
        Tool.RequireMounts();
        Tool.Require($"mkfs.{type}", type switch { "ext4" => "e2fsprogs", "xfs" => "xfsprogs", _ => "btrfs-progs" });
        Tool.Require("losetup", "mount");
    }

    /// <summary>Creates a file system and mounts it.</summary>
    /// <param name="type">ext4, xfs or btrfs.</param>
    /// <param name="mebibytes">Its size; at least 300 for xfs, of which little is used.</param>
    /// <param name="image">The image file to create.</param>
    /// <param name="path">The mount point to create.</param>
    /// <param name="canFail">
    /// Whether the device fails when the file system of the image is full: then all blocks exist from the start, and
    /// <see cref="Trim"/> frees them.
    /// </param>
    /// <param name="sharesBlocks">Whether copies on xfs share blocks; then no file is mapped there.</param>
    /// <exception cref="TortureSkippedException">This machine cannot mount it.</exception>
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
    /// Whether nothing can be written: ext4 becomes read-only if it cannot write its journal. Found by a write, since
    /// the mount options do not show it.
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
    /// Ends the file system as a loss of power does: nothing that is only in memory is written any more, the journal
    /// included. Data written back before stays.
    /// </summary>
    public void Shutdown() => FileSystemShutdown.WithoutLogFlush(Path);

    /// <summary>Unmounts the file system and mounts it again: its page cache is dropped.</summary>
    /// <param name="copy">The path for a copy of the image while unmounted, kept as evidence.</param>
    public void Remount(string copy)
    {
        Tool.Run("umount", Path);
        _mounted = false;
        Tool.Run("cp", "--sparse=always", Image, copy);
        Mount();
    }

    /// <summary>Frees the blocks of the image that the file system does not use.</summary>
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
            // A device still in use is released by its last user.
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
    /// Tables are written at once and not later in the background. If the image must stay filled, its blocks are not
    /// freed first.
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
    /// Limits requests to a page. The driver reports an incomplete write as done (seen on Linux 6.18); no promise can
    /// be kept over such a device.
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
