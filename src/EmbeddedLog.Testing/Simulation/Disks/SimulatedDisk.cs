using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation.Pages;

namespace EmbeddedLog.Testing.Simulation.Disks;

/// <summary>
/// The state of a disk and of its page cache. Programs use it through a <see cref="SimulatedFileSystem"/>. A crash
/// makes a new disk out of this one; this one is dead then, and every call on it fails.
/// </summary>
/// <remarks>
/// All members are safe from any thread. <see cref="Dispose"/> frees native memory. Mapped memory stays until then,
/// even after a crash, because the dead program's code may still store to it.
/// </remarks>
internal sealed class SimulatedDisk : IDisposable
{
    /// <summary>The unit of the page cache.</summary>
    public const int PageBytes = 4096;

    /// <summary>The unit that a device writes whole or not at all.</summary>
    public const int SectorBytes = 512;

    /// <summary>
    /// How far beyond its end a file is searched for stray stores when it is unmapped or the machine crashes: enough
    /// for a writer that overruns, and little for a large map with a small used part.
    /// </summary>
    private const long SearchedBytes = 1 << 20;

    private readonly Random _random;
    private readonly List<FileNode> _files = [];
    private readonly List<DiskViolation> _violations;
    private readonly UnmapGuard? _guard;
    private readonly List<FlushFailure> _flushFailures = [];

    /// <summary>The mutation at which the machine stops.</summary>
    private long _crashAt = long.MaxValue;

    /// <summary>
    /// The disk as it was when the machine stopped at <see cref="_crashAt"/>, out of reach of stores.
    /// </summary>
    private SimulatedDisk? _frozen;

    public SimulatedDisk(SimulationOptions options, Random random)
        : this(options, random, new CacheIdentity(0x5EED, 1, 0x801, 1), [])
    {
        Space.CapacityBytes = options.CapacityBytes;
    }

    private SimulatedDisk(
        SimulationOptions options, Random random, CacheIdentity identity, List<DiskViolation> violations)
    {
        Options = options;
        Identity = identity;
        _random = random;
        _violations = violations;
        _guard = options.GuardUnmapped ? new UnmapGuard(violations.Add) : null;
    }

    public SimulationOptions Options { get; }

    /// <summary>The lock over all state. Held during a call, never while other work runs in it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The size in bytes; may change at any time, so that a full disk can get space again.</summary>
    public long CapacityBytes
    {
        get => Space.CapacityBytes;
        set => Space.CapacityBytes = value;
    }

    /// <summary>The bytes taken by the files that a program can reach.</summary>
    public long UsedBytes => Space.UsedBytes;

    /// <summary>Identifies the present page cache.</summary>
    public CacheIdentity Identity { get; }

    /// <summary>Whether this disk is dead: after a crash.</summary>
    public bool HasCrashed { get; private set; }

    /// <summary>The calls to this disk.</summary>
    public DiskCounters Counters { get; } = new();

    /// <summary>Invoked, without a lock, when a call lets other work run; set by the scheduler's owner.</summary>
    public Action? YieldPoint { get; set; }

    /// <summary>The tree of names; needs the lock.</summary>
    public DiskNames Names { get; } = new();

    /// <summary>Open files, held locks and live maps, each with its path; needs the lock.</summary>
    public Dictionary<IDisposable, string> Handles { get; } = [];

    /// <summary>The space that is taken; needs the lock.</summary>
    public DiskSpace Space { get; } = new();

    /// <summary>The files whose owner lock is held; needs the lock.</summary>
    public HashSet<FileNode> Locked { get; } = [];

    /// <summary>The paths of the files and locks that were opened and not closed, in ordinal order.</summary>
    public IReadOnlyList<string> OpenFiles => HandlesOf(handle => handle is not SimulatedMap);

    /// <summary>The paths of the maps that were not disposed, in ordinal order.</summary>
    public IReadOnlyList<string> LiveMaps => HandlesOf(handle => handle is SimulatedMap);

    /// <summary>
    /// The forbidden actions on this disk, and on those before it. Stores are examined at flushes, extensions, unmaps
    /// and crashes within 1 MiB of the end, and by <see cref="ExamineStores"/> everywhere.
    /// </summary>
    public IReadOnlyList<DiskViolation> Violations
    {
        get
        {
            lock (Gate)
            {
                return [.. _violations];
            }
        }
    }

    /// <summary>Whether the machine stops at the next mutation.</summary>
    internal bool StopsNext => Counters.Mutations + 1 == _crashAt;

    /// <summary>
    /// Makes the next flush (of the file at <paramref name="path"/>, or of any) fail as ext4 does: each dirty page of
    /// its range, with probability <paramref name="lostShare"/>, is marked clean without being written, and a later
    /// flush succeeds without it. Several calls make as many flushes fail.
    /// </summary>
    public void FailNextFlush(
        double lostShare = 1, FileSystemError error = FileSystemError.DeviceFailure, string? path = null)
    {
        lock (Gate)
        {
            _flushFailures.Add(new FlushFailure(lostShare, error, path));
        }
    }

    /// <summary>
    /// Stops the machine at the <paramref name="mutation"/>-th mutation from the beginning. That mutation is not done
    /// (a write may be done in part) and fails, like all later calls. <see cref="Crash"/> then returns the disk of that
    /// moment, whatever is still stored through maps, so acknowledgements of a program after <see cref="HasCrashed"/>
    /// do not count.
    /// </summary>
    public void CrashAtMutation(long mutation)
    {
        lock (Gate)
        {
            _crashAt = mutation;
        }
    }

    /// <summary>
    /// Lets a few dirty pages, or some of their sectors, and perhaps a size, reach the device by themselves.
    /// </summary>
    public void WriteBackSome()
    {
        const int MaxPages = 3;
        const int MaxExamined = 32;
        lock (Gate)
        {
            if (_files.Count == 0 || HasCrashed)
            {
                return;
            }

            FileImage image = _files[_random.Next(_files.Count)].Image;
            int pages = FileImage.PageCount(image.Length);
            int first = _random.Next(Math.Max(1, pages));
            int left = image.MayBeDirty ? _random.Next(MaxPages + 1) : 0;
            for (int step = 0; step < Math.Min(pages, MaxExamined) && left > 0; step++)
            {
                left -= image.WriteBack((first + step) % pages, _random) ? 1 : 0;
            }

            if (image.Length > image.DurableLength && _random.Next(8) == 0)
            {
                image.FlushLength();
            }
        }
    }

    /// <summary>
    /// Drops the clean pages of the cache, as under memory pressure: pages that a failed flush left are gone, also
    /// under maps.
    /// </summary>
    public void EvictCleanPages()
    {
        lock (Gate)
        {
            _files.ForEach(file => file.Image.EvictClean());
        }
    }

    /// <summary>Searches all files for stray stores, at any cost.</summary>
    public void ExamineStores()
    {
        lock (Gate)
        {
            _files.ForEach(file => Search(file, long.MaxValue));
        }
    }

    /// <summary>
    /// Ends this disk's life and returns the disk after the crash. <paramref name="random"/> decides everything that
    /// the crash leaves open; the new disk goes on using it.
    /// </summary>
    public SimulatedDisk Crash(Random random, CrashKind kind)
    {
        lock (Gate)
        {
            SearchAll();
            HasCrashed = true;
            SimulatedDisk source = Interlocked.Exchange(ref _frozen, null) ?? this;
            SimulatedDisk result = source.Successor(random, kind);
            if (kind == CrashKind.ProcessKill)
            {
                new DiskCopier(result, image => image.Survive(take: true)).CopyAll(source.Names);
            }
            else
            {
                source.Settle(random, kind);
                new DiskCopier(result, image => image.LosePower(random)).CopyDurable(source.Names);
            }

            result.Space.Take(result.Names.Root);
            if (source != this)
            {
                source.Dispose();
            }

            return result;
        }
    }

    /// <summary>An independent copy, as after a process kill. This disk does not change.</summary>
    public SimulatedDisk Clone(Random random)
    {
        lock (Gate)
        {
            SimulatedDisk result = Successor(random, CrashKind.ProcessKill);
            new DiskCopier(result, image => image.Survive(take: false)).CopyAll(Names);
            result.Space.Take(result.Names.Root);
            return result;
        }
    }

    /// <summary>A checksum over all names and contents, live and durable: equal after equal histories.</summary>
    public uint Fingerprint()
    {
        lock (Gate)
        {
            return DiskFingerprint.Compute(Names.Root);
        }
    }

    /// <summary>Gives all native memory back. No pointer into any map may be used afterwards.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            SearchAll();
            HasCrashed = true;
            _files.ForEach(file => file.Image.Dispose());
            _files.Clear();
            _guard?.Clear();
            _frozen?.Dispose();
        }
    }

    /// <summary>Counts a call; throws when the machine has stopped or stops here.</summary>
    internal void Enter(FaultKind kind, string path, bool mutates = false)
    {
        Counters.Add(kind);
        ThrowIfCrashed(kind, path);
        if (mutates && ++Counters.Mutations == _crashAt)
        {
            _frozen = Clone(_random);
            SearchAll();
            HasCrashed = true;
            ThrowIfCrashed(kind, path);
        }
    }

    /// <summary>Throws what every call on a dead disk throws.</summary>
    internal void ThrowIfCrashed(FaultKind kind, string path)
    {
        if (HasCrashed)
        {
            throw new FileSystemException(
                kind.ToString(), path, FileSystemError.Other, 0, "the simulated machine has crashed")
            {
                IsFailedFlush = kind is FaultKind.Flush or FaultKind.SyncDirectory,
            };
        }
    }

    /// <summary>The failure planned for a flush of this file, if any, which is used up by asking.</summary>
    internal FlushFailure? TakeFlushFailure(string path)
    {
        int index = _flushFailures.FindIndex(failure => failure.Path is null || failure.Path == path);
        if (index < 0)
        {
            return null;
        }

        FlushFailure failure = _flushFailures[index];
        _flushFailures.RemoveAt(index);
        return failure;
    }

    /// <summary>Does to pages what a failing flush does.</summary>
    internal void LosePages(FileImage image, int first, int end, double lostShare)
    {
        Counters.FailedFlushes++;
        image.LosePages(first, end, lostShare, _random);
    }

    /// <summary>A number from zero up to <paramref name="end"/>, for a decision within a call.</summary>
    internal int NextRandom(int end) => _random.Next(end);

    internal void Unmap(FileNode file)
    {
        Search(file, SearchedBytes);
        file.Image.Unmap(_guard, file.Path);
    }

    internal void Report(DiskViolationKind kind, string path, long position = 0) =>
        _violations.Add(new DiskViolation(kind, path, position));

    /// <summary>Reports the first stray store to a file, once; searches at most so many bytes beyond its end.</summary>
    internal void Search(FileNode file, long window)
    {
        long position = file.StrayReported || HasCrashed ? -1 : file.Image.FindStrayStore(window);
        if (position >= 0)
        {
            file.StrayReported = true;
            Report(DiskViolationKind.StoreBeyondAllocation, file.Path, position);
        }
    }

    internal void Register(FileNode file)
    {
        file.Index = _files.Count;
        _files.Add(file);
    }

    internal void Unregister(FileNode file)
    {
        FileNode last = _files[^1];
        _files[file.Index] = last;
        last.Index = file.Index;
        _files.RemoveAt(_files.Count - 1);
    }

    internal void Yield() => YieldPoint?.Invoke();

    /// <summary>Decides what reaches the device of names, and for a remount of everything.</summary>
    private void Settle(Random random, CrashKind kind)
    {
        if (kind == CrashKind.PowerLoss)
        {
            Names.Journal.ApplySome(TornWrite.DrawNewShare(random), random);
            return;
        }

        Names.Journal.SyncAll();
        foreach (FileNode file in _files)
        {
            file.Image.FlushPages(0, FileImage.PageCount(file.Image.Length));
            file.Image.FlushLength();
        }
    }

    /// <summary>An empty successor of this disk.</summary>
    private SimulatedDisk Successor(Random random, CrashKind kind)
    {
        CacheIdentity identity = kind switch
        {
            CrashKind.PowerLoss => Identity with { BootLow = Identity.BootLow + 1 },
            CrashKind.Remount => Identity with { Mount = Identity.Mount + 1 },
            _ => Identity,
        };
        return new SimulatedDisk(Options, random, identity, _violations) { CapacityBytes = CapacityBytes };
    }

    private void SearchAll() => _files.ForEach(file => Search(file, SearchedBytes));

    private string[] HandlesOf(Func<IDisposable, bool> predicate)
    {
        lock (Gate)
        {
            IEnumerable<string> found = Handles.Where(pair => predicate(pair.Key)).Select(pair => pair.Value);
            return [.. found.Order(StringComparer.Ordinal)];
        }
    }
}
