using EmbeddedLog.IO;

namespace EmbeddedLog.Testing.Faults;

/// <summary>
/// Passes every call on to another file system, counts it, and lets chosen calls fail instead. Without a planned fault
/// it behaves like the inner one.
/// </summary>
internal sealed class FaultingFileSystem(FileSystem inner, FaultCounter? counter = null) : FileSystem
{
    private readonly FaultCounter _counter = counter ?? new();

    /// <summary>The number of calls that failed on purpose.</summary>
    public long Fired => _counter.Fired;

    /// <summary>The number of calls of all kinds since the last <see cref="Reset"/>.</summary>
    public long AllCalls => _counter.AllCalls;

    /// <summary>The number of calls of a kind since the last <see cref="Reset"/>, failed ones included.</summary>
    public long CountOf(FaultKind kind) => _counter.CountOf(kind);

    /// <summary>Gets each call that names a file or directory, with its path; or null.</summary>
    public Action<FaultKind, string>? Seen
    {
        get => _counter.Seen;
        set => _counter.Seen = value;
    }

    /// <summary>Plans a fault. Of several that concern a call, the first planned counts.</summary>
    public void Fail(Fault fault) => _counter.Add(fault);

    /// <summary>Plans that the <paramref name="call"/>-th call of a kind fails, counted from one.</summary>
    public void Fail(FaultKind kind, long call, FileSystemError error) => _counter.Add(new Fault(kind, call, error));

    /// <summary>Removes all planned faults.</summary>
    public void Clear() => _counter.Clear();

    /// <summary>Resets the counts, so that the next call of each kind is the first.</summary>
    public void Reset() => _counter.Reset();

    public override FileSystem Bind(string root)
    {
        FileSystem bound = inner.Bind(root);
        return bound == inner ? this : new FaultingFileSystem(bound, _counter);
    }

    public override DirectoryPlace FindPlace(string witness) => inner.FindPlace(witness);

    public override bool IsInPlace(LogFile file) => inner.IsInPlace(((FaultingFile)file).Inner);

    public override void GrantAccess(string path) => inner.GrantAccess(path);

    public override FileSystemTraits GetTraits(string directory)
    {
        _counter.CountOrThrow(FaultKind.GetTraits, directory);
        return inner.GetTraits(directory);
    }

    public override CacheIdentity GetCacheIdentity(string directory)
    {
        _counter.CountOrThrow(FaultKind.GetCacheIdentity, directory);
        return inner.GetCacheIdentity(directory);
    }

    public override ulong GetDirectoryId(string directory) => inner.GetDirectoryId(directory);

    public override void CreateDirectory(string path)
    {
        _counter.CountOrThrow(FaultKind.CreateDirectory, path);
        inner.CreateDirectory(path);
    }

    public override void DeleteDirectory(string path)
    {
        _counter.CountOrThrow(FaultKind.DeleteDirectory, path);
        inner.DeleteDirectory(path);
    }

    public override void SyncDirectory(string path)
    {
        _counter.CountOrThrow(FaultKind.SyncDirectory, path);
        inner.SyncDirectory(path);
    }

    public override bool DirectoryExists(string path)
    {
        _counter.CountOrThrow(FaultKind.Exists, path);
        return inner.DirectoryExists(path);
    }

    public override bool FileExists(string path)
    {
        _counter.CountOrThrow(FaultKind.Exists, path);
        return inner.FileExists(path);
    }

    public override IReadOnlyList<string> ListFiles(string path)
    {
        _counter.CountOrThrow(FaultKind.ListFiles, path);
        return inner.ListFiles(path);
    }

    public override IReadOnlyList<string> ListDirectories(string path)
    {
        _counter.CountOrThrow(FaultKind.ListDirectories, path);
        return inner.ListDirectories(path);
    }

    public override void Rename(string from, string to)
    {
        _counter.CountOrThrow(FaultKind.Rename, from);
        inner.Rename(from, to);
    }

    public override bool TryLink(string path, string second)
    {
        _counter.CountOrThrow(FaultKind.Link, second);
        return inner.TryLink(path, second);
    }

    public override bool TryClone(string path, string clone)
    {
        _counter.CountOrThrow(FaultKind.Link, clone);
        return inner.TryClone(path, clone);
    }

    public override void DeleteFile(string path)
    {
        _counter.CountOrThrow(FaultKind.DeleteFile, path);
        inner.DeleteFile(path);
    }

    /// <summary>How often several files were flushed with one call; each of them counts as a flush too.</summary>
    public long CallsTogether { get; private set; }

    /// <summary>Invoked in the middle of each such call.</summary>
    public Action? WhileTogether { get; set; }

    public override void FlushTogether(Span<FileFlush> flushes)
    {
        CallsTogether++;
        WhileTogether?.Invoke();
        base.FlushTogether(flushes);
    }

    public override LogFile OpenFile(string path, FileOpening opening)
    {
        _counter.CountOrThrow(FaultKind.OpenFile, path);
        return new FaultingFile(inner.OpenFile(path, opening), _counter);
    }

    public override LogFile? TryOpenPastCache(string path)
    {
        _counter.CountOrThrow(FaultKind.OpenFile, path);
        return inner.TryOpenPastCache(path) is { } file ? new FaultingFile(file, _counter) : null;
    }

    public override IDisposable? TryLock(string path)
    {
        _counter.CountOrThrow(FaultKind.Lock, path);
        IDisposable? taken = inner.TryLock(path);
        _counter.HeldLock = taken ?? _counter.HeldLock;
        return taken;
    }

    public override LockHolder? ReadLockOwner(string path)
    {
        _counter.CountOrThrow(FaultKind.ReadLockOwner, path);
        return inner.ReadLockOwner(path);
    }

    protected override void Dispose(bool disposing)
    {
        inner.Dispose();
        base.Dispose(disposing);
    }
}
