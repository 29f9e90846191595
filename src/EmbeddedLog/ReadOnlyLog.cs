using System.Diagnostics.CodeAnalysis;
using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Consuming.Subscribing;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Errors;
using EmbeddedLog.Files;
using EmbeddedLog.Following;
using EmbeddedLog.Following.Control;
using EmbeddedLog.IO;
using EmbeddedLog.Maintenance.Retention;
using EmbeddedLog.Opening;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Serialization;
using EmbeddedLog.Topics;
using EmbeddedLog.Validation;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog;

/// <summary>
/// A log that is read while another process owns it, or nobody does: opened by
/// <see cref="CommitLog.OpenReadOnlyAsync(string, ReadOnlyLogOptions?, CancellationToken)"/>. It follows the owner as
/// it appends, removes by retention, dies, recovers, goes and comes again, and changes nothing in the directory.
/// </summary>
/// <remarks>
/// <para>All members are safe to call from any thread.</para>
/// <para>
/// What can be read is always a prefix of what the owner has published. Where the owner loses records in a crash of the
/// machine, or by a flush that failed, before they were <see cref="Durability.Flushed"/>, and gives their offsets to
/// others, whoever had read further gets a <see cref="LogTruncatedException"/>. Read up to
/// <see cref="LogPartition.DurableOffset"/> to see nothing that can be taken back.
/// </para>
/// <para>
/// Consumers have groups if <see cref="ReadOnlyLogOptions.OffsetsDirectory"/> says where this process keeps what they
/// commit. These are groups of this process alone: one of the same name in another process, or of the log's owner, is
/// another group. What they commit survives as in a log of this process, and is lowered where records were taken back.
/// Without the directory consumers have no group, and begin where their options or a seek say.
/// </para>
/// </remarks>
public sealed class ReadOnlyLog : ILogReader
{
    // Over 400 lines, most of which document the public members: each hands over to the room that does the work.
    private readonly LogParts _parts;
    private readonly ControlView _view;
    private readonly FollowedTopics _topics;
    private readonly SerdeResolver _serdes;
    private readonly FollowerGroups _groups;
    private readonly TopicsWatch _watch;

    /// <summary>The consumers, which end with the log.</summary>
    private readonly LogUsers _users = new();

    /// <summary>One once disposed; exchanged by the first who disposes, read by everyone.</summary>
    private int _disposed;

    private ReadOnlyLog(
        string directory,
        LogParts parts,
        ControlView view,
        FollowedTopics topics,
        SerdeResolver serdes,
        OffsetsDirectory? offsets,
        TimeSpan offsetsRetention)
    {
        Directory = directory;
        _parts = parts;
        _view = view;
        _topics = topics;
        _serdes = serdes;
        _groups = new FollowerGroups(
            TopicCatalog.Of(topics),
            parts,
            () => new FollowedOffsets(topics.Offsets).List(),
            offsets,
            offsetsRetention);
        _watch = new TopicsWatch(parts.Background, () => _groups.Coordinator.HasConsumers, () => Look());
    }

    /// <summary>The full path of the log's directory.</summary>
    public string Directory { get; }

    /// <summary>The topics as of now, by name.</summary>
    /// <exception cref="CorruptLogException">A topic's description makes no sense.</exception>
    /// <exception cref="LogDirectoryException">The directory was removed, or another stands at its path.</exception>
    /// <exception cref="LogIOException">The file system failed.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public IReadOnlyList<ReadOnlyTopic> Topics => [.. Look().Values];

    /// <summary>What the log was put together from.</summary>
    internal LogParts Parts => _parts;

    /// <summary>What this process' groups have committed; null if it has none.</summary>
    internal OffsetStore? Offsets => _groups.Offsets;

    /// <summary>Opens a log on any platform; the options are valid and the caller's own.</summary>
    internal static ReadOnlyLog Open(string directory, ReadOnlyLogOptions options, Platform platform) =>
        OpenAsync(directory, options, platform, WaitMode.Blocking(platform.Work), CancellationToken.None)
            .AsTask().GetAwaiter().GetResult();

    /// <inheritdoc cref="Open(string, ReadOnlyLogOptions, Platform)"/>
    internal static async ValueTask<ReadOnlyLog> OpenAsync(
        string directory,
        ReadOnlyLogOptions options,
        Platform platform,
        WaitMode how,
        CancellationToken cancellationToken)
    {
        string path = Path.GetFullPath(directory);
        string? offsetsPath = options.OffsetsDirectory is { } named ? OutsideOf(path, named) : null;
        ILogger logger = GuardedLogger.Create(options.LoggerFactory, LogCategory.ReadOnlyLog);
        Platform system = platform;
        platform = Bind(platform, path);
        LogParts parts = LogParts.Create(platform, path, options.MaxOpenSegments, logger);
        ControlView? view = null;
        FollowedTopics? topics = null;
        try
        {
            ulong uid = ReadLogUid(platform.Files, path);
            view = new ControlView(platform, path, uid, options.PollInterval);
            parts.Segments.Open.WhenOpened = new IdleSegments(parts.Background, parts.Segments.Open).Watch;
            FollowPoller poller = new(parts.Background, view, options.PollInterval);
            SerdeResolver serdes = new(options.JsonContexts, options.JsonSerializerOptions);
            topics = new FollowedTopics(parts.Segments, parts.Waiters, path, view, poller, serdes);
            topics.Look();
            OffsetsDirectory? offsets = null;
            if (offsetsPath is not null)
            {
                IEnumerable<ReadablePartition> partitions =
                    topics.Known.Values.SelectMany(topic => topic.Partitions).Select(partition => partition.Source);
                offsets = await OffsetsDirectory.OpenAsync(
                    options, offsetsPath, uid, partitions, system, logger, how, cancellationToken)
                    .ConfigureAwait(false);
            }

            return new ReadOnlyLog(path, parts, view, topics, serdes, offsets, options.OffsetsRetention);
        }
        catch (Exception failure)
        {
            topics?.Close();
            view?.Dispose();
            parts.Background.Dispose();
            platform.Files.Dispose();
            throw failure is FileSystemException cause ? Unreadable(path, cause) : failure;
        }
    }

    /// <summary>A topic.</summary>
    /// <param name="name">The topic's name.</param>
    /// <exception cref="UnknownTopicException">There is none of that name.</exception>
    /// <inheritdoc cref="Topics" path="/exception"/>
    public ReadOnlyTopic GetTopic(string name) => TryGetTopic(name, out ReadOnlyTopic? topic)
        ? topic
        : throw TopicErrors.Unknown(
            name, [.. Topics.Select(each => each.Name)], TopicErrors.OwnerAdvice);

    /// <summary>A topic, where there is one of that name.</summary>
    /// <param name="name">The topic's name.</param>
    /// <param name="topic">The topic.</param>
    /// <inheritdoc cref="Topics" path="/exception"/>
    public bool TryGetTopic(string name, [NotNullWhen(true)] out ReadOnlyTopic? topic)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Look().TryGetValue(name, out topic);
    }

    /// <summary>
    /// Makes a consumer of topics, or of partitions that are chosen by hand. With a group it is as one of a
    /// <see cref="CommitLog"/>: the consumers of the group in this process share the partitions, and go on from what
    /// they have committed to <see cref="ReadOnlyLogOptions.OffsetsDirectory"/>. Without one it begins where the
    /// options say, or where it is sought to, and commits nothing. New topics and partitions are seen within about a
    /// second.
    /// </summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="topics">What to read; a topic's name converts to it.</param>
    /// <param name="group">
    /// The group, 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-'; null to commit nothing.
    /// </param>
    /// <param name="options">Null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="keys">Turns bytes into keys; null for the type's own, or JSON.</param>
    /// <param name="values">Turns bytes into values; null likewise.</param>
    /// <exception cref="ArgumentException">
    /// A group was named and there is no directory for what it commits, or the group's name or the options are not
    /// valid.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A topic has not all the partitions.</exception>
    /// <exception cref="UnknownTopicException">There are no such topics; the message names all of them.</exception>
    /// <exception cref="InvalidOperationException">
    /// The group has a consumer that has chosen one of the partitions by hand too, or shares them in another way; or a
    /// type has no deserializer. The message tells what to do.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public Consumer<TKey, TValue> CreateConsumer<TKey, TValue>(
        Subscription topics,
        string? group = null,
        ConsumerOptions? options = null,
        IDeserializer<TKey>? keys = null,
        IDeserializer<TValue>? values = null)
    {
        ArgumentNullException.ThrowIfNull(topics);
        if (group is not null && _groups.Offsets is null)
        {
            throw ConsumerErrors.GroupOfReader(group);
        }

        ConsumerOptions copy = (options ?? new ConsumerOptions()).ValidatedCopy(group);
        Look();
        SubscriptionCheck.ThrowIfMissing(topics, TopicCatalog.Of(_topics), TopicErrors.OwnerAdvice);

        // There is no append to go on in, and what polls for one reader polls for all.
        copy.AllowSynchronousContinuations = false;
        Consumer<TKey, TValue> consumer = new(
            topics,
            group,
            _groups.Coordinator,
            _groups.Offsets,
            keys ?? _serdes.Resolve<TKey>(),
            values ?? _serdes.Resolve<TValue>(),
            copy,
            _parts.Platform,
            _parts.Segments.Readers,
            _parts.Logger,
            _users,
            deadLetters: null);
        _watch.Start();
        return consumer;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellationToken = default) =>
        TopicDescriptions.ListAsync(() => Topics, TopicDescriptions.Of, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<TopicDescription> DescribeTopicAsync(
        string topic, CancellationToken cancellationToken = default) =>
        TopicDescriptions.DescribeAsync(() => GetTopic(topic), TopicDescriptions.Of, cancellationToken);

    /// <summary>
    /// The names of all groups, in ordinal order: those of the log's owner that have committed, and those of this
    /// process that have members or have committed. Reads all that the owner's have committed from the disk.
    /// </summary>
    /// <param name="cancellationToken">Cancelled before the call: nothing is read.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken = default) =>
        Completed.Run(
            () =>
            {
                Look();
                return _groups.List();
            },
            cancellationToken);

    /// <summary>
    /// Describes a group of this process (<see cref="GroupDescription.IsOwn"/>), or else one of the log's owner: what
    /// it has committed, and how far it is behind. Members of the owner's groups are known only to the owner: their
    /// state is always <see cref="GroupState.Empty"/> here. If both have a group of that name, this describes the own
    /// one; a log that is opened without an <see cref="ReadOnlyLogOptions.OffsetsDirectory"/> describes the owner's.
    /// </summary>
    /// <param name="group">The group's name.</param>
    /// <param name="cancellationToken">Cancelled before the call: nothing is read.</param>
    /// <exception cref="UnknownGroupException">It has committed nothing.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public ValueTask<GroupDescription> DescribeGroupAsync(
        string group, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        return Completed.Run(
            () =>
            {
                Look();
                return _groups.Describe(group);
            },
            cancellationToken);
    }

    /// <summary>
    /// Moves what a group of this process has committed; otherwise as <see cref="ICommitLog.ResetGroupAsync"/>.
    /// </summary>
    /// <param name="group">The group, which has no members.</param>
    /// <param name="to">Where its partitions go on.</param>
    /// <param name="topics">The topics whose partitions are moved; null for all in which it has committed.</param>
    /// <param name="dryRun">Whether only to tell what would change.</param>
    /// <param name="cancellationToken">Before the change: nothing is changed. After it: ends the waiting.</param>
    /// <exception cref="ArgumentException">The name cannot be a group's.</exception>
    /// <exception cref="GroupActiveException">The group has members.</exception>
    /// <exception cref="UnknownGroupException">It has committed nothing, or is the log's owner's.</exception>
    /// <exception cref="UnknownTopicException">There are no such topics.</exception>
    /// <exception cref="InvalidOperationException">This log has no groups of its own.</exception>
    /// <exception cref="DiskFullException">There is no space. Nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public async ValueTask<GroupResetReport> ResetGroupAsync(
        string group,
        GroupReset to,
        IReadOnlyList<string>? topics = null,
        bool dryRun = false,
        CancellationToken cancellationToken = default)
    {
        NameRules.ThrowIfNotGroup(group);
        ArgumentNullException.ThrowIfNull(to);
        cancellationToken.ThrowIfCancellationRequested();
        Look();
        if (topics is not null)
        {
            SubscriptionCheck.ThrowIfMissing(
                Subscription.Topics([.. topics]), TopicCatalog.Of(_topics), TopicErrors.OwnerAdvice);
        }

        return await _groups.ResetAsync(group, to, topics, dryRun, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Deletes what a group of this process has committed; otherwise as <see cref="ICommitLog.DeleteGroupAsync"/>.
    /// </summary>
    /// <param name="group">The group, which has no members.</param>
    /// <param name="topic">The topic for which it is deleted; null for all.</param>
    /// <param name="cancellationToken">Before the change: nothing is changed. After it: ends the waiting.</param>
    /// <exception cref="GroupActiveException">The group has members.</exception>
    /// <exception cref="UnknownGroupException">It has committed nothing, or is the log's owner's.</exception>
    /// <exception cref="InvalidOperationException">This log has no groups of its own.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public async ValueTask DeleteGroupAsync(
        string group, string? topic = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        cancellationToken.ThrowIfCancellationRequested();
        Look();
        await _groups.DeleteAsync(group, topic, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Who keeps memory of segments mapped in this process, longest first: leases that are not disposed, and scans
    /// under which a segment was removed or closed. As of now. While a segment that the owner has removed is held, its
    /// space on the disk is not free. What nobody reads is let go of within two seconds, and is not told.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public IReadOnlyList<SegmentPin> GetPins()
    {
        if (Volatile.Read(ref _disposed) != 0)
        {
            throw SharedErrors.Disposed();
        }

        return Pins.Collect(_parts.Segments, _topics.LookAtPartitions());
    }

    /// <summary>
    /// Closes the log: its consumers commit first where they have an interval. Whoever waits for records fails with
    /// <see cref="ObjectDisposedException"/>; memory that a scan or a lease still looks at stays until they are
    /// disposed. Blocks, and needs no thread of the pool.
    /// </summary>
    /// <exception cref="EmbeddedLogException">What a consumer has finished could not be committed.</exception>
    public void Dispose() => CloseAsync(WaitMode.Blocking(_parts.Platform.Work)).AsTask().GetAwaiter().GetResult();

    /// <summary>Closes the log, as <see cref="Dispose"/>, without blocking.</summary>
    /// <inheritdoc cref="Dispose" path="/exception"/>
    public ValueTask DisposeAsync() => CloseAsync(how: default);

    IConsumer<TKey, TValue> ILogReader.CreateConsumer<TKey, TValue>(
        Subscription topics,
        string? group,
        ConsumerOptions? options,
        IDeserializer<TKey>? keys,
        IDeserializer<TValue>? values) =>
        CreateConsumer(topics, group, options, keys, values);

    private async ValueTask CloseAsync(WaitMode how)
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        ClosingSteps steps = new();
        await steps.DoAsync(() => _users.DisposeAsync(steps, how)).ConfigureAwait(false);

        // A look that is under way is waited for: it looks at memory that goes next.
        await steps.DoAsync(() => how.For(_parts.Background.StopAsync())).ConfigureAwait(false);
        await _groups.CloseAsync(steps, how).ConfigureAwait(false);
        steps.Do(_topics.Close);
        steps.Do(_view.Dispose);
        steps.Do(_parts.Platform.Files.Dispose);
        steps.ThrowIfAny();
    }

    private SortedDictionary<string, ReadOnlyTopic> Look()
    {
        if (Volatile.Read(ref _disposed) != 0)
        {
            throw SharedErrors.Disposed();
        }

        if (_parts.Watch.Look() is { } gone)
        {
            throw new LogDirectoryException(gone.Message, gone) { File = gone.File };
        }

        SortedDictionary<string, ReadOnlyTopic> known = _topics.Known;
        SortedDictionary<string, ReadOnlyTopic> now = _topics.Look();
        if (now != known)
        {
            _groups.RefreshTopics(known, now);
        }

        return now;
    }

    private static Platform Bind(Platform platform, string path)
    {
        try
        {
            return platform with { Files = platform.Files.Bind(path) };
        }
        catch (FileSystemException failure)
        {
            throw failure.Error == FileSystemError.NotFound ? NoLog(path) : Unreadable(path, failure);
        }
    }

    private static ulong ReadLogUid(FileSystem files, string path)
    {
        using SessionFile session = SessionFile.Open(files, path);
        return session.Current is not { } current ? throw NoLog(path)
            : current.FollowedUid == 0 ? current.LogUid
            : throw DirectoryErrors.OfAnotherUse(path, current, followedUid: 0);
    }

    /// <summary>The full path of the directory of offsets, which must not lie in the log's.</summary>
    private static string OutsideOf(string path, string offsets)
    {
        string full = Path.GetFullPath(offsets);
        string below = Path.GetRelativePath(path, full);
        return below == ".." || below.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            || Path.IsPathRooted(below)
                ? full
                : throw new LogDirectoryException(
                    $"'{full}' lies in the log's directory, which only its owner changes. Let "
                    + $"{nameof(ReadOnlyLogOptions)}.{nameof(ReadOnlyLogOptions.OffsetsDirectory)} name one outside.")
                {
                    File = full,
                };
    }

    private static LogDirectoryException NoLog(string path) =>
        new($"'{path}' holds no log. Reading only makes none: open it with {nameof(CommitLog)} first.") { File = path };

    private static LogDirectoryException Unreadable(string path, FileSystemException failure) =>
        new($"'{path}' cannot be read as a log: {failure.Message} Give this process the right to read there.", failure)
        {
            File = failure.Path,
        };
}
