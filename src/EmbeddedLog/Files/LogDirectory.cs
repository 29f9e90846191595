using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Files;

/// <summary>
/// The directory of a log: owned by one process at a time, and marked with the state in which its last owner left it.
/// </summary>
internal sealed class LogDirectory : IDisposable
{
    private readonly Platform _platform;

    /// <summary>The threads that the log has reserved; null for none.</summary>
    private readonly IDisposable? _threads;

    private readonly IDisposable _lock;
    private readonly SessionFile _session;

    /// <summary>
    /// The state of all partitions at the last clean close; null before the first. Set by the closing or the salvage,
    /// which is alone.
    /// </summary>
    private ClosedList? _closed;

    /// <summary>The uid of the log whose followers keep offsets here; zero in a log.</summary>
    private readonly ulong _followedUid;

    /// <summary>The last owner's session, if <see cref="IsCopyOfOpenLog"/>.</summary>
    private readonly Session? _copied;

    private LogDirectory(
        Platform platform,
        string path,
        IDisposable? threads,
        IDisposable directoryLock,
        SessionFile session,
        ClosedList? closed,
        ulong followedUid)
    {
        _platform = platform;
        _threads = threads;
        _lock = directoryLock;
        _session = session;
        _closed = closed;
        _followedUid = followedUid;
        Path = path;
        Traits = platform.Files.GetTraits(path);
        CacheIdentity identity = platform.Files.GetCacheIdentity(path);
        bool clean = session.Current?.Clean ?? true;
        State = new SessionState(
            clean,
            !clean && identity.IsKnown && identity == session.CacheIdentity,
            Math.Max(session.Current?.Generation ?? 0, closed?.Generation ?? 0),
            closed);
        _copied = session.Current is { Clean: false, DirectoryId: not 0 } last
            && last.DirectoryId != platform.Files.GetDirectoryId(path) ? last : null;
    }

    /// <summary>Publishes the log's state for followers.</summary>
    public ControlFile Control { get; private set; } = ControlFile.None;

    /// <summary>Why nothing is published for followers; null if it is.</summary>
    public FileSystemException? ControlFailure { get; private set; }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>The generation of this process's session; it stays until the log is closed.</summary>
    public ulong SessionGeneration => _session.Current?.Generation ?? 0;

    /// <summary>The properties of the directory's file system.</summary>
    public FileSystemTraits Traits { get; }

    /// <summary>
    /// Whether the last owner had another directory and did not close the log: this is then a copy of a log that was
    /// open, or whose owner had been killed.
    /// </summary>
    public bool IsCopyOfOpenLog => _copied is not null;

    /// <summary>The state in which the last owner left the log.</summary>
    public SessionState State { get; }

    /// <summary>The seam, with files below the open directory, wherever it is moved.</summary>
    public Platform Platform => _platform;

    /// <summary>Takes a directory, and makes it a log if it is new or empty.</summary>
    /// <param name="platform">The seam.</param>
    /// <param name="path">The full path.</param>
    /// <param name="ownerTimeout">How long to wait for the present owner.</param>
    /// <param name="logger">Logs the owner while this waits.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="forRepair">Whether to take an existing log and leave its mark as it is.</param>
    /// <param name="how">How to wait.</param>
    /// <param name="followedUid">
    /// The uid of the log whose followers are to keep the offsets of their groups here; zero for a log. A repair takes
    /// both.
    /// </param>
    /// <exception cref="LogDirectoryException">It is something else, or cannot be used.</exception>
    /// <exception cref="LogOwnedException">Another process or log owns it.</exception>
    public static async ValueTask<LogDirectory> OpenAsync(
        Platform platform,
        string path,
        TimeSpan ownerTimeout,
        ILogger logger,
        CancellationToken cancellationToken,
        bool forRepair = false,
        WaitMode how = default,
        ulong followedUid = 0)
    {
        bool forOffsets = followedUid != 0;
        try
        {
            if (forRepair && !SessionFile.Exists(platform.Files, path))
            {
                throw new LogDirectoryException($"'{path}' holds no log. Name the directory of one.") { File = path };
            }

            DirectoryCreation.Prepare(platform.Files, path, forOffsets);
        }
        catch (FileSystemException failure)
        {
            throw DirectoryErrors.Unusable(path, failure, forOffsets);
        }

        Platform bound = Bind(platform, path, forOffsets);
        IDisposable? threads = null;
        IDisposable? directoryLock = null;
        SessionFile? session = null;
        try
        {
            threads = platform.Work.Reserve(path);
            directoryLock = await OwnerLock.TakeAsync(
                bound, path, ownerTimeout, logger, how, forOffsets, cancellationToken).ConfigureAwait(false);
            platform = bound;
            session = SessionFile.Open(platform.Files, path);
            if (session.Current is { } found && found.FollowedUid != followedUid && !forRepair)
            {
                throw DirectoryErrors.OfAnotherUse(path, found, followedUid);
            }

            ClosedList? closed = session.Current is { } last ? ClosedFile.Read(platform.Files, path, last) : null;
            LogDirectory directory = new(platform, path, threads, directoryLock, session, closed, followedUid);
            if (forRepair)
            {
                return directory;
            }

            if (session.Current is null)
            {
                directory.EnterSession();
            }

            if (!forOffsets)
            {
                directory.OpenControl();
            }

            return directory;
        }
        catch (Exception failure)
        {
            session?.Dispose();
            directoryLock?.Dispose();
            bound.Files.Dispose();
            threads?.Dispose();
            throw failure is FileSystemException cause
                ? DirectoryErrors.Unusable(path, cause, forOffsets)
                : failure;
        }
    }

    /// <summary>
    /// Enters this process as the owner. Call it after the recovery: until then the last owner's mark decides what a
    /// repeated recovery may trust.
    /// </summary>
    public void MarkOpen()
    {
        EnterSession();
        Control.MarkOpen(_session.Current!.Value.Generation);
    }

    /// <summary>Explains damage in a copy of an open log.</summary>
    public CorruptLogException Explain(CorruptLogException damage) =>
        _copied is { } session ? DirectoryErrors.HotCopy(Path, session, damage) : damage;

    /// <summary>Notes the foreign names in the directory.</summary>
    public void NoteForeign(ForeignNames foreign)
    {
        foreign.Note(Path, _platform.Files.ListFiles(Path), OwnNames.IsInLog);
        foreign.Note(Path, _platform.Files.ListDirectories(Path), OwnNames.IsInLog);
    }

    /// <summary>Marks that everything is on the disk and every checkpoint has the end of its partition.</summary>
    /// <param name="topics">All topics.</param>
    /// <param name="partitions">The state in which all partitions were closed, with the partition of the
    /// groups.</param>
    public void MarkClean(IReadOnlyList<ClosedTopic> topics, IEnumerable<ClosedPartition> partitions)
    {
        ClosedList next = new(
            _session.Current!.Value.LogUid,
            _session.NextGeneration,
            _platform.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            topics,
            partitions);
        if (_closed is { } last && last.TellsTheSame(next))
        {
            // An unchanged log can be closed on a full disk.
            _session.MarkClean(last);
            return;
        }

        MarkClean(next);
    }

    /// <summary>
    /// After a salvage of a log that was closed cleanly: writes the partition's new state. If this is interrupted, the
    /// list is one ahead of the session, which a reading allows.
    /// </summary>
    public void CorrectClosed(in ClosedPartition partition)
    {
        if (State.Clean && _closed is { } closed && closed.Find(partition.TopicUid, partition.Partition) != partition)
        {
            MarkClean(closed.With(partition, _session.NextGeneration));
        }
    }

    /// <summary>Publishes for followers that the log is closed. The published state of the partitions stays.</summary>
    public void MarkClosed() => Control.MarkClosed(_session.Current!.Value.Generation);

    /// <summary>
    /// Makes a directory with copies of all partitions a cleanly closed log with the same identity. The session, which
    /// makes it a log, is written last, after the list that it names.
    /// </summary>
    public void CloseCopy(
        string directory, IReadOnlyList<ClosedTopic> topics, IEnumerable<ClosedPartition> partitions)
    {
        Session session = _session.Current!.Value;
        ulong generation = session.Generation + 1;
        ClosedList closed = new(
            session.LogUid, generation, _platform.Time.GetUtcNow().ToUnixTimeMilliseconds(), topics, partitions);
        ClosedFile.Write(_platform.Files, directory, closed);
        SessionFile.CreateClosed(_platform.Files, directory, session with { Generation = generation }, closed);
    }

    /// <summary>Releases the directory.</summary>
    public void Dispose()
    {
        ClosingSteps steps = new();
        steps.Do(Control.Dispose);
        steps.Do(_session.Dispose);
        steps.Do(_lock.Dispose);
        steps.Do(_platform.Files.Dispose);
        steps.Do(() => _threads?.Dispose());
        steps.ThrowIfAny();
    }

    private static Platform Bind(Platform platform, string path, bool forOffsets)
    {
        try
        {
            return platform with { Files = platform.Files.Bind(path) };
        }
        catch (FileSystemException failure)
        {
            throw DirectoryErrors.Unusable(path, failure, forOffsets);
        }
    }

    /// <summary>The list comes first, because it must exist when the session names it.</summary>
    private void MarkClean(ClosedList closed)
    {
        if (closed.FileBytes > ClosedList.MaxFileBytes)
        {
            // There are too many partitions for the list: the next opening verifies them, as after a kill.
            return;
        }

        ClosedFile.Write(_platform.Files, Path, closed);
        _session.MarkClean(closed);
        _closed = closed;
    }

    private void EnterSession() =>
        _session.MarkOpen(
            _platform.Files.GetCacheIdentity(Path),
            Environment.ProcessId,
            _platform.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            _closed,
            _platform.Files.GetDirectoryId(Path),
            _followedUid);

    private void OpenControl()
    {
        Control = ControlFile.Open(
            _platform.Files,
            Path,
            _session.Current!.Value,
            _platform.Files.GetCacheIdentity(Path),
            Traits,
            out FileSystemException? failure);
        ControlFailure = failure;
    }
}
