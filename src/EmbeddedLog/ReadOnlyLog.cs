using System.Diagnostics.CodeAnalysis;
using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Consuming.Subscribing;
using EmbeddedLog.Coordination.Administration;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Errors;
using EmbeddedLog.Files;
using EmbeddedLog.Following;
using EmbeddedLog.Following.Control;
using EmbeddedLog.IO;
using EmbeddedLog.Maintenance.Retention;
using EmbeddedLog.Opening;
using EmbeddedLog.Serialization;
using EmbeddedLog.Topics;
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
/// Nothing is committed by who reads only: consumers have no group, and begin where their options or a seek say. Keep
/// the offsets with what comes of the records.
/// </para>
/// </remarks>
public sealed class ReadOnlyLog : ILogReader
{
    private readonly LogParts _parts;
    private readonly ControlView _view;
    private readonly FollowedTopics _topics;
    private readonly SerdeResolver _serdes;
    private readonly GroupCoordinator _groups;
    private readonly GroupDescriptions _groupDescriptions;

    /// <summary>The consumers, which end with the log.</summary>
    private readonly LogUsers _users = new();

    /// <summary>One once disposed; exchanged by the first who disposes, read by everyone.</summary>
    private int _disposed;

    private ReadOnlyLog(
        string directory, LogParts parts, ControlView view, FollowedTopics topics, SerdeResolver serdes)
    {
        Directory = directory;
        _parts = parts;
        _view = view;
        _topics = topics;
        _serdes = serdes;
        _groups = new GroupCoordinator(
            TopicCatalog.Of(topics),
            static holds =>
            {
                foreach (PartitionHold hold in holds)
                {
                    hold.End();
                }
            },
            parts.Platform,
            parts.Logger);
        _groupDescriptions = new GroupDescriptions(
            TopicCatalog.Of(topics),
            parts.Platform.Time,
            () => new FollowedOffsets(topics.Offsets).List(),
            members: null);
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

    /// <summary>Opens a log on any platform; the options are valid and the caller's own.</summary>
    internal static ReadOnlyLog Open(string directory, ReadOnlyLogOptions options, Platform platform)
    {
        string path = Path.GetFullPath(directory);
        ILogger logger = GuardedLogger.Create(options.LoggerFactory, LogCategory.ReadOnlyLog);
        platform = Bind(platform, path);
        LogParts parts = LogParts.Create(platform, path, options.MaxOpenSegments, logger);
        ControlView? view = null;
        try
        {
            view = new ControlView(platform, path, ReadLogUid(platform.Files, path), options.PollInterval);
            parts.Segments.Open.WhenOpened = new IdleSegments(parts.Background, parts.Segments.Open).Watch;
            FollowPoller poller = new(parts.Background, view, options.PollInterval);
            SerdeResolver serdes = new(options.JsonContexts, options.JsonSerializerOptions);
            FollowedTopics topics = new(parts.Segments, parts.Waiters, path, view, poller, serdes);
            topics.Look();
            return new ReadOnlyLog(path, parts, view, topics, serdes);
        }
        catch (Exception failure)
        {
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
    /// Makes a consumer of topics, or of partitions that are chosen by hand, without a group: it begins where the
    /// options say, or where it is sought to, and commits nothing. Consumers read independently of each other.
    /// </summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="topics">What to read; a topic's name converts to it.</param>
    /// <param name="group">Null: who reads only commits nothing.</param>
    /// <param name="options">Null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="keys">Turns bytes into keys; null for the type's own, or JSON.</param>
    /// <param name="values">Turns bytes into values; null likewise.</param>
    /// <exception cref="ArgumentException">
    /// A group was named, or the options are not valid for a consumer without one.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A topic has not all the partitions.</exception>
    /// <exception cref="UnknownTopicException">There are no such topics; the message names all of them.</exception>
    /// <exception cref="InvalidOperationException">
    /// A type has no deserializer; the message tells how to give it one.
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
        if (group is not null)
        {
            throw ConsumerErrors.GroupOfReader(group);
        }

        ConsumerOptions copy = (options ?? new ConsumerOptions()).ValidatedCopy(null);
        Look();
        SubscriptionCheck.ThrowIfMissing(topics, TopicCatalog.Of(_topics), TopicErrors.OwnerAdvice);

        // There is no append to go on in, and what polls for one reader polls for all.
        copy.AllowSynchronousContinuations = false;
        return new Consumer<TKey, TValue>(
            topics,
            group: null,
            _groups,
            offsets: null,
            keys ?? _serdes.Resolve<TKey>(),
            values ?? _serdes.Resolve<TValue>(),
            copy,
            _parts.Platform,
            _parts.Segments.Readers,
            _parts.Logger,
            _users,
            deadLetters: null);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellationToken = default) =>
        TopicDescriptions.ListAsync(() => Topics, TopicDescriptions.Of, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<TopicDescription> DescribeTopicAsync(
        string topic, CancellationToken cancellationToken = default) =>
        TopicDescriptions.DescribeAsync(() => GetTopic(topic), TopicDescriptions.Of, cancellationToken);

    /// <summary>
    /// The names of all groups that have committed, in ordinal order. Reads all that is committed from the disk.
    /// </summary>
    /// <param name="cancellationToken">Cancelled before the call: nothing is read.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken = default) =>
        Completed.Run(
            () =>
            {
                Look();
                return _groupDescriptions.List();
            },
            cancellationToken);

    /// <summary>
    /// Describes a group: what it has committed, and how far it is behind. Its members are known only to the log's
    /// owner: the state is always <see cref="GroupState.Empty"/> here. Reads all that is committed from the disk.
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
                return _groupDescriptions.Describe(group);
            },
            cancellationToken);
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
    /// Closes the log. Whoever waits for records fails with <see cref="ObjectDisposedException"/>; memory that a scan
    /// or a lease still looks at stays until they are disposed.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            ClosingSteps steps = new();
            WaitMode how = WaitMode.Blocking(_parts.Platform.Work);
            steps.Do(() => _users.DisposeAsync(steps, how).AsTask().GetAwaiter().GetResult());

            // A look that is under way is waited for: it looks at memory that goes next.
            steps.Do(() => how.For(_parts.Background.StopAsync()).AsTask().GetAwaiter().GetResult());
            steps.Do(_topics.Close);
            steps.Do(_view.Dispose);
            steps.Do(_parts.Platform.Files.Dispose);
            steps.ThrowIfAny();
        }
    }

    /// <summary>Closes the log, as <see cref="Dispose"/>.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    IConsumer<TKey, TValue> ILogReader.CreateConsumer<TKey, TValue>(
        Subscription topics,
        string? group,
        ConsumerOptions? options,
        IDeserializer<TKey>? keys,
        IDeserializer<TValue>? values) =>
        CreateConsumer(topics, group, options, keys, values);

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
            _groups.RefreshTopics();
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
        return session.Current?.LogUid ?? throw NoLog(path);
    }

    private static LogDirectoryException NoLog(string path) =>
        new($"'{path}' holds no log. Reading only makes none: open it with {nameof(CommitLog)} first.") { File = path };

    private static LogDirectoryException Unreadable(string path, FileSystemException failure) =>
        new($"'{path}' cannot be read as a log: {failure.Message} Give this process the right to read there.", failure)
        {
            File = failure.Path,
        };
}
