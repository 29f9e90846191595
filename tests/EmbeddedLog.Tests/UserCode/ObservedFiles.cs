using EmbeddedLog.IO;

namespace EmbeddedLog.Tests.UserCode;

/// <summary>A file system that says which call is made, before it makes it.</summary>
internal sealed class ObservedFiles(FileSystem inner, Action<string> onCall) : FileSystem
{
    public override FileSystemTraits GetTraits(string directory) => Call().GetTraits(directory);

    public override CacheIdentity GetCacheIdentity(string directory) => Call().GetCacheIdentity(directory);

    public override void CreateDirectory(string path) => Call().CreateDirectory(path);

    public override void DeleteDirectory(string path) => Call().DeleteDirectory(path);

    public override void SyncDirectory(string path) => Call().SyncDirectory(path);

    public override bool DirectoryExists(string path) => Call().DirectoryExists(path);

    public override bool FileExists(string path) => Call().FileExists(path);

    public override IReadOnlyList<string> ListFiles(string path) => Call().ListFiles(path);

    public override IReadOnlyList<string> ListDirectories(string path) => Call().ListDirectories(path);

    public override void Rename(string from, string to) => Call().Rename(from, to);

    public override void DeleteFile(string path) => Call().DeleteFile(path);

    public override LogFile OpenFile(string path, FileOpening opening) => Call().OpenFile(path, opening);

    public override LogFile? TryOpenPastCache(string path) => Call().TryOpenPastCache(path);

    public override void FlushTogether(Span<FileFlush> flushes) => Call().FlushTogether(flushes);

    public override IDisposable? TryLock(string path) => Call().TryLock(path);

    public override LockHolder? ReadLockOwner(string path) => Call().ReadLockOwner(path);

    private FileSystem Call([System.Runtime.CompilerServices.CallerMemberName] string name = "")
    {
        onCall(name);
        return inner;
    }
}
