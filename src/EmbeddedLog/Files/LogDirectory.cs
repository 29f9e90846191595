using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Files;

/// <summary>
/// The directory of a log: owned by one process at a time, and marked with how its last owner left it.
/// </summary>
internal sealed class LogDirectory : IDisposable
{
    private readonly Platform _platform;

    /// <summary>What the log has reserved for itself of the system; null for nothing.</summary>
    private readonly IDisposable? _threads;

    private readonly IDisposable _lock;
    private readonly SessionFile _session;

    /// <summary>
    /// How all partitions stood at the last clean close; null before the first. Set by who closes or salvages the log,
    /// who is alone.
    /// </summary>
    private ClosedList? _closed;

    /// <summary>The last owner's session where <see cref="IsCopyOfOpenLog"/>.</summary>
    private readonly Session? _copied;

    private LogDirectory(
        Platform platform,
        string path,
        IDisposable? threads,
        IDisposable directoryLock,
        SessionFile session,
        ClosedList? closed)
    {
        _platform = platform;
        _threads = threads;
        _lock = directoryLock;
        _session = session;
        _closed = closed;
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

    /// <summary>What tells followers of the log about it.</summary>
    public ControlFile Control { get; private set; } = ControlFile.None;

    /// <summary>Why followers are told nothing; null where they are.</summary>
    public FileSystemException? ControlFailure { get; private set; }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>The generation of the session that this process is; it stays until the log is closed.</summary>
    public ulong SessionGeneration => _session.Current?.Generation ?? 0;

    /// <summary>What the file system that holds the directory can do.</summary>
    public FileSystemTraits Traits { get; }

    /// <summary>
    /// Whether the last owner had another directory and did not close the log: then this is a copy of a log that was
    /// open, or whose owner had been killed.
    /// </summary>
    public bool IsCopyOfOpenLog => _copied is not null;

    /// <summary>How the last owner left the log.</summary>
    public SessionState State { get; }

    /// <summary>The seam, with files that are found from the directory itself, wherever it is moved.</summary>
    public Platform Platform => _platform;

    /// <summary>Takes a directory, and makes it a log where it is new or empty.</summary>
    /// <param name="platform">The seam.</param>
    /// <param name="path">The full path.</param>
    /// <param name="ownerTimeout">How long to wait for the present owner.</param>
    /// <param name="logger">Told who is waited for.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="forRepair">Whether to take a log that there is and leave it as the last owner left it.</param>
    /// <param name="how">How to wait.</param>
    /// <exception cref="LogDirectoryException">It is no log, or cannot be used.</exception>
    /// <exception cref="LogOwnedException">Somebody else owns it.</exception>
    public static async ValueTask<LogDirectory> OpenAsync(
        Platform platform,
        string path,
        TimeSpan ownerTimeout,
        ILogger logger,
        CancellationToken cancellationToken,
        bool forRepair = false,
        WaitMode how = default)
    {
        try
        {
            if (forRepair && !SessionFile.Exists(platform.Files, path))
            {
                throw new LogDirectoryException($"'{path}' holds no log. Name the directory of one.") { File = path };
            }

            DirectoryCreation.Prepare(platform.Files, path);
        }
        catch (FileSystemException failure)
        {
            throw DirectoryErrors.Unusable(path, failure);
        }

        Platform bound = Bind(platform, path);
        IDisposable? threads = null;
        IDisposable? directoryLock = null;
        SessionFile? session = null;
        try
        {
            threads = platform.Work.Reserve(path);
            directoryLock = await OwnerLock.TakeAsync(bound, path, ownerTimeout, logger, how, cancellationToken)
                .ConfigureAwait(false);
            platform = bound;
            session = SessionFile.Open(platform.Files, path);
            ClosedList? closed = session.Current is { } last ? ClosedFile.Read(platform.Files, path, last) : null;
            LogDirectory directory = new(platform, path, threads, directoryLock, session, closed);
            if (forRepair)
            {
                return directory;
            }

            if (session.Current is null)
            {
                directory.EnterSession();
            }

            directory.OpenControl();
            return directory;
        }
        catch (Exception failure)
        {
            session?.Dispose();
            directoryLock?.Dispose();
            bound.Files.Dispose();
            threads?.Dispose();
            throw failure is FileSystemException cause ? DirectoryErrors.Unusable(path, cause) : failure;
        }
    }

    /// <summary>
    /// Enters this process as the owner. Called when recovery is done, for until then it is the last owner's end that
    /// decides what a repeated recovery may trust.
    /// </summary>
    public void MarkOpen()
    {
        EnterSession();
        Control.MarkOpen(_session.Current!.Value.Generation);
    }

    /// <summary>Says of damage in a copy of an open log where it comes from.</summary>
    public CorruptLogException Explain(CorruptLogException damage) =>
        _copied is { } session ? DirectoryErrors.HotCopy(Path, session, damage) : damage;

    /// <summary>Notes what stands in the directory and is not the log's.</summary>
    public void NoteForeign(ForeignNames foreign)
    {
        foreign.Note(Path, _platform.Files.ListFiles(Path), OwnNames.IsInLog);
        foreign.Note(Path, _platform.Files.ListDirectories(Path), OwnNames.IsInLog);
    }

    /// <summary>Says that everything is on the disk and every checkpoint tells the end of its partition.</summary>
    /// <param name="topics">All topics.</param>
    /// <param name="partitions">How all partitions were closed, the one of the groups included.</param>
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
            // A full disk does not keep what has not changed from being closed.
            _session.MarkClean(last);
            return;
        }

        MarkClean(next);
    }

    /// <summary>
    /// After a salvage of a log that was closed cleanly: says how the partition stands now. Where this is cut off, the
    /// list is one ahead of the session, which is allowed for.
    /// </summary>
    public void CorrectClosed(in ClosedPartition partition)
    {
        if (State.Clean && _closed is { } closed && closed.Find(partition.TopicUid, partition.Partition) != partition)
        {
            MarkClean(closed.With(partition, _session.NextGeneration));
        }
    }

    /// <summary>Tells followers that nobody appends any more. What they were told of the partitions stays.</summary>
    public void MarkClosed() => Control.MarkClosed(_session.Current!.Value.Generation);

    /// <summary>
    /// Makes a directory with copies of all partitions a log that was closed cleanly, and the same one: the session
    /// that says so is written last, after the list that it names.
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

    /// <summary>Gives the directory up.</summary>
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

    private static Platform Bind(Platform platform, string path)
    {
        try
        {
            return platform with { Files = platform.Files.Bind(path) };
        }
        catch (FileSystemException failure)
        {
            throw DirectoryErrors.Unusable(path, failure);
        }
    }

    /// <summary>The list first, since it has to be there once the session names it.</summary>
    private void MarkClean(ClosedList closed)
    {
        if (closed.FileBytes > ClosedList.MaxFileBytes)
        {
            // More partitions than anybody has: the next opening verifies them, as after a kill.
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
            _platform.Files.GetDirectoryId(Path));

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
