namespace EmbeddedLog.IO;

/// <summary>
/// Files and directories as the log needs them. Every failure is a <see cref="FileSystemException"/>; every path is
/// absolute. Metadata operations (create, rename, delete) survive power loss only after <see cref="SyncDirectory"/> of
/// the directory that holds the name. All members are safe to call from any thread.
/// </summary>
internal abstract class FileSystem : IDisposable
{
    /// <summary>
    /// The same files, with paths below <paramref name="root"/> that begin at that directory itself, wherever it is
    /// moved. Another directory at its old path is never touched. The caller disposes the result; this instance stays.
    /// On systems that do not let an open directory be moved, returns this instance.
    /// </summary>
    public virtual FileSystem Bind(string root) => this;

    /// <summary>The place of the directory that this was bound to; unknown after a failure.</summary>
    /// <param name="witness">The name of a file that must be in it.</param>
    public virtual DirectoryPlace FindPlace(string witness) => DirectoryPlace.Same;

    /// <summary>Whether the path by which a file was opened still leads to it. A failure counts as yes.</summary>
    public virtual bool IsInPlace(LogFile file) => true;

    /// <summary>
    /// Lets the group read an existing file or directory, if new ones are made for the group too. Does nothing
    /// otherwise, or without the right to change the mode.
    /// </summary>
    public virtual void GrantAccess(string path)
    {
    }

    /// <summary>The properties of the file system that holds <paramref name="directory"/>.</summary>
    public abstract FileSystemTraits GetTraits(string directory);

    /// <summary>
    /// Identifies the page cache of <paramref name="directory"/>. It changes with a reboot or a remount.
    /// </summary>
    public abstract CacheIdentity GetCacheIdentity(string directory);

    /// <summary>
    /// The number of a directory in its file system, which a copy does not have; zero if there is none, or if it
    /// changes with a mount.
    /// </summary>
    public virtual ulong GetDirectoryId(string directory) => 0;

    /// <summary>
    /// Creates the directory and its missing parents with mode 0700, or 0750 if the group reads. No error if it exists;
    /// <see cref="FileSystemError.AlreadyExists"/> if the path is a file.
    /// </summary>
    public abstract void CreateDirectory(string path);

    /// <summary>Removes an empty directory. No error if it does not exist.</summary>
    public abstract void DeleteDirectory(string path);

    /// <summary>
    /// Makes the names in <paramref name="path"/> durable. The exception is a
    /// <see cref="FileSystemException.IsFailedFlush"/> only if the flush itself failed. If the directory could not be
    /// opened, the caller may try again.
    /// </summary>
    public abstract void SyncDirectory(string path);

    /// <summary>Whether <paramref name="path"/> is a directory.</summary>
    public abstract bool DirectoryExists(string path);

    /// <summary>Whether <paramref name="path"/> is a regular file.</summary>
    public abstract bool FileExists(string path);

    /// <summary>The names (not paths) of the regular files in <paramref name="path"/>, in ordinal order.</summary>
    public abstract IReadOnlyList<string> ListFiles(string path);

    /// <summary>
    /// The names (not paths) of the directories in <paramref name="path"/>, in ordinal order; without links to
    /// directories.
    /// </summary>
    public abstract IReadOnlyList<string> ListDirectories(string path);

    /// <summary>Renames a file or directory within one file system, replacing a file that has the new name.</summary>
    public abstract void Rename(string from, string to);

    /// <summary>Removes a file. No error if it does not exist.</summary>
    public abstract void DeleteFile(string path);

    /// <summary>
    /// Opens or creates a file (mode 0600, or 0640 if the group reads; closed on exec). A symbolic link, a pipe, or
    /// anything else but a regular file is refused. If the system can do that, a link is not followed and a pipe not
    /// waited for.
    /// </summary>
    public abstract LogFile OpenFile(string path, FileOpening opening);

    /// <summary>
    /// Opens a file to read it from the device, past the page cache; null if the system or the file system cannot.
    /// Buffers, positions and lengths of reads must be multiples of <see cref="LogFile.DirectUnitBytes"/>.
    /// </summary>
    public virtual LogFile? TryOpenPastCache(string path) => null;

    /// <summary>
    /// Gives a file a second name in the same file system; false if the system or the file system cannot. No one may
    /// store to the file through either name afterwards.
    /// </summary>
    public virtual bool TryLink(string path, string second) => false;

    /// <summary>
    /// Makes a file with the contents of another. They share their blocks until either is stored to. False, and nothing
    /// is made, if the system or the file system cannot. Durable on return, except for the name.
    /// </summary>
    public virtual bool TryClone(string path, string clone) => false;

    /// <summary>
    /// Makes several flushes, each as <see cref="LogFile.Flush"/> does, with as few calls as the file system allows.
    /// The result of each is in its <see cref="FileFlush.Failure"/>. It may also write what other programs have left in
    /// memory. It saves time from <see cref="FileSystemTraits.MinFlushedTogether"/> files on.
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
    /// replaced file does not count. A file system without locks is an error. The holder writes its identity into the
    /// file: <see cref="LockHolder"/>.
    /// </summary>
    public abstract IDisposable? TryLock(string path);

    /// <summary>
    /// The identity that the last holder of the lock has written into <paramref name="path"/>, or null. A hint for
    /// messages, never evidence: only the lock shows whether there is a holder.
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

    /// <summary>Closes what <see cref="Bind"/> has opened. Open files stay open.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what <see cref="Bind"/> has opened.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
