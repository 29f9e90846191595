namespace EmbeddedLog.IO;

/// <summary>
/// Files and directories as the log needs them. Every failure is a <see cref="FileSystemException"/>; every path is
/// absolute. Metadata operations (create, rename, delete) survive power loss only after <see cref="SyncDirectory"/> of
/// the directory that holds the name. All members are safe to call from any thread.
/// </summary>
internal abstract class FileSystem : IDisposable
{
    /// <summary>
    /// The same files, but a path below <paramref name="root"/> begins at that directory itself, wherever it is moved:
    /// another one at its old path is never touched. To be disposed, which the original is not with it. Where the
    /// system does not let an open directory be moved, it is this one.
    /// </summary>
    public virtual FileSystem Bind(string root) => this;

    /// <summary>
    /// What has become of the directory that this was bound to. A failure to look tells nothing.
    /// </summary>
    /// <param name="witness">The name of a file that must be in it.</param>
    public virtual DirectoryPlace FindPlace(string witness) => DirectoryPlace.Same;

    /// <summary>
    /// Whether the path that an open file was opened by still leads to it. A failure to look tells nothing, and counts
    /// as yes.
    /// </summary>
    public virtual bool IsInPlace(LogFile file) => true;

    /// <summary>
    /// Lets the group read a file or directory that is there, where that is what new ones are made for; does nothing
    /// otherwise, nor where the process may not.
    /// </summary>
    public virtual void GrantAccess(string path)
    {
    }

    /// <summary>What the file system that holds <paramref name="directory"/> can do.</summary>
    public abstract FileSystemTraits GetTraits(string directory);

    /// <summary>
    /// Names the page cache that <paramref name="directory"/> is seen through: it changes with a reboot or a remount.
    /// </summary>
    public abstract CacheIdentity GetCacheIdentity(string directory);

    /// <summary>
    /// The number of a directory in its file system, which a copy of it does not have; zero where there is none, or
    /// where it does not outlive a mount.
    /// </summary>
    public virtual ulong GetDirectoryId(string directory) => 0;

    /// <summary>
    /// Creates the directory and its missing parents with mode 0700, or 0750 where the group reads. No error if it
    /// exists; where a file stands, <see cref="FileSystemError.AlreadyExists"/>.
    /// </summary>
    public abstract void CreateDirectory(string path);

    /// <summary>Removes an empty directory. No error if it does not exist.</summary>
    public abstract void DeleteDirectory(string path);

    /// <summary>
    /// Makes the names in <paramref name="path"/> durable. Only where the flush itself failed is the exception a <see
    /// cref="FileSystemException.IsFailedFlush"/>; where the directory could not be opened, it may be tried again.
    /// </summary>
    public abstract void SyncDirectory(string path);

    /// <summary>Whether a directory stands at <paramref name="path"/>.</summary>
    public abstract bool DirectoryExists(string path);

    /// <summary>Whether a regular file stands at <paramref name="path"/>.</summary>
    public abstract bool FileExists(string path);

    /// <summary>The names (not paths) of the regular files in <paramref name="path"/>, in ordinal order.</summary>
    public abstract IReadOnlyList<string> ListFiles(string path);

    /// <summary>
    /// The names (not paths) of the directories in <paramref name="path"/>, in ordinal order; links to directories are
    /// none.
    /// </summary>
    public abstract IReadOnlyList<string> ListDirectories(string path);

    /// <summary>Renames a file or directory within one file system, replacing a file that has the new name.</summary>
    public abstract void Rename(string from, string to);

    /// <summary>Removes a file. No error if it does not exist.</summary>
    public abstract void DeleteFile(string path);

    /// <summary>
    /// Opens or creates a file (mode 0600, or 0640 where the group reads; closed on exec). What is no regular file, a
    /// symbolic link or a pipe, is refused without being followed or waited for, where the system can do that.
    /// </summary>
    public abstract LogFile OpenFile(string path, FileOpening opening);

    /// <summary>
    /// Opens a file to read it from the device, past the page cache; null where the system or the file system cannot.
    /// Buffers, positions and lengths of reads must be multiples of <see cref="LogFile.DirectUnitBytes"/>.
    /// </summary>
    public virtual LogFile? TryOpenPastCache(string path) => null;

    /// <summary>
    /// Gives a file a second name in the same file system; false where the system or the file system cannot. Nobody may
    /// store to the file through either name any more.
    /// </summary>
    public virtual bool TryLink(string path, string second) => false;

    /// <summary>
    /// Makes a file with the contents of another, which share their blocks until either is stored to; false, and
    /// nothing is made, where the system or the file system cannot. Durable on return but for the name.
    /// </summary>
    public virtual bool TryClone(string path, string clone) => false;

    /// <summary>
    /// Makes several flushes, each as <see cref="LogFile.Flush"/> does, and lets the file system do at once what it
    /// can. How each ended is in its <see cref="FileFlush.Failure"/>. May write what others have left in memory too.
    /// Worth it from <see cref="FileSystemTraits.MinFlushedTogether"/> on.
    /// </summary>
    public virtual void FlushTogether(Span<FileFlush> flushes)
    {
        foreach (ref FileFlush flush in flushes)
        {
            flush.Run();
        }
    }

    /// <summary>
    /// Takes the exclusive lock of a directory on <paramref name="path"/>, a file in it that is created if need be and
    /// never deleted (one lock a directory). Returns null while another process, or another log of this process, holds
    /// it. After locking, the file at <paramref name="path"/> is compared with the locked one, so that a lock on a
    /// replaced file does not count. A file system without locks is an error. The holder writes into the file who
    /// it is: <see cref="LockHolder"/>.
    /// </summary>
    public abstract IDisposable? TryLock(string path);

    /// <summary>
    /// Who the last holder of the lock on <paramref name="path"/> said to be, or null when there is nobody to read of.
    /// A hint for messages, never evidence: the lock alone says whether there is a holder.
    /// </summary>
    public virtual LockHolder? ReadLockOwner(string path)
    {
        try
        {
            using LogFile file = OpenFile(path, FileOpening.Read);
            Span<byte> text = stackalloc byte[LockHolder.MaxTextBytes];
            return LockHolder.Parse(text[..file.Read(text, 0)]);
        }
        catch (FileSystemException)
        {
            return null;
        }
    }

    /// <summary>Gives up what <see cref="Bind"/> has opened. Files that are open stay so.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives up what is held.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
