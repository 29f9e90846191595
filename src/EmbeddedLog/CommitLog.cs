using System.Diagnostics.CodeAnalysis;
using EmbeddedLog.Backup;
using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Consuming.Loops;
using EmbeddedLog.Consuming.Subscribing;
using EmbeddedLog.Coordination.Administration;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.IO;
using EmbeddedLog.Maintenance.Retention;
using EmbeddedLog.Maintenance.Verification;
using EmbeddedLog.Opening;
using EmbeddedLog.Serialization;
using EmbeddedLog.Topics;
using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// A commit log in a directory: topics with partitions, to which producers append records and from which consumers read
/// them, each at its own pace. One process opens a directory at a time; within it the log is shared by all.
/// </summary>
/// <remarks>
/// All members are safe to call from any thread. Dispose the log when the process ends: what was appended is flushed
/// then, and the next opening finds it without looking. A process that dies instead loses nothing that was
/// acknowledged; the next opening verifies the tail of each partition.
/// </remarks>
public sealed class CommitLog : ICommitLog
{
    // Over 400 lines, most of which document the public members: each hands over to the room that does the work.
    private readonly OpenedLog _opened;
    private readonly LogDirectory _directory;
    private readonly TopicSet _topics;
    private readonly TopicChanges _changes;
    private readonly OffsetStore _offsets;
    private readonly GroupCoordinator _groups;
    private readonly GroupDescriptions _groupDescriptions;
    private readonly GroupChanges _groupChanges;
    private readonly DeadLetterTopics _deadLetters;
    private readonly LogUpkeep _upkeep;
    private readonly LogUsers _users = new();
    private readonly ChangeLock _changing;
    private readonly LogClosing _closing;
    private readonly LogFigures _figures;

    private CommitLog(OpenedLog opened, CommitLogOptions options)
    {
        _opened = opened;
        _directory = opened.Directory;
        _topics = opened.Topics;
        _offsets = opened.Offsets;
        Recovery = opened.Recovery;
        Parts = opened.Parts;
        _changing = new ChangeLock(Parts.Platform.Work);
        _changes = new TopicChanges(
            opened.Store, _topics, _directory.Control, Parts.Watch, uid => _offsets.ForgetTopic(uid));
        _groups = new GroupCoordinator(
            TopicCatalog.Of(_topics), _offsets.End, Parts.Platform, Parts.Logger, _offsets.Times.NoteUsed);
        _topics.PartitionsChanged += _groups.RefreshTopics;
        _groupDescriptions = new GroupDescriptions(
            TopicCatalog.Of(_topics), Parts.Platform.Time, _offsets.List, _groups);
        _groupChanges = new GroupChanges(TopicCatalog.Of(_topics), Parts.Platform.Time, _offsets, _groups);
        _deadLetters = new DeadLetterTopics(_topics, EnsureUnchangedAsync);
        _upkeep = new LogUpkeep(opened, _groups, options);
        _figures = new LogFigures(opened, _groupDescriptions);
        _closing = new LogClosing(opened, _changing, _users, _groups, _upkeep, _figures);
    }

    /// <summary>The full path of the log's directory.</summary>
    public string Directory => _directory.Path;

    /// <summary>The topics as of now, by name.</summary>
    public IReadOnlyList<Topic> Topics => _topics.All;

    /// <summary>What this opening found and recovered: of the topics that were there, as they were then.</summary>
    public RecoveryReport Recovery { get; }

    /// <summary>
    /// The last round of the scrub that came to its end; null before, and where there is no scrub: see
    /// <see cref="CommitLogOptions.ScrubBytesPerSecond"/>. What a round under way has found is in the logging.
    /// </summary>
    public ScrubReport? LastScrub => _upkeep.LastScrub;

    /// <summary>What the log was put together from.</summary>
    internal LogParts Parts { get; }

    /// <summary>The topics, and what tells that they or their partitions changed.</summary>
    internal TopicSet TopicSet => _topics;

    /// <summary>What groups have committed.</summary>
    internal OffsetStore Offsets => _offsets;

    /// <summary>The groups.</summary>
    internal GroupCoordinator Groups => _groups;

    /// <summary>Finds serializers by type.</summary>
    internal SerdeResolver Serdes => _opened.Serdes;

    /// <summary>
    /// Opens the log in a directory, or makes one where the directory is missing or empty: <c>lost+found</c> and names
    /// that begin with a dot do not count. What else stands in a log's directories is left alone, with a warning. Works
    /// on the calling thread, and needs none of the pool.
    /// </summary>
    /// <remarks>
    /// A damaged partition does not keep the log from opening. Each use of it throws a
    /// <see cref="CorruptLogException"/>, at this opening and at each later one, until <see cref="SalvageAsync"/> has
    /// repaired it. <see cref="RecoveryReport.Damaged"/> names it. The other partitions work as always.
    /// </remarks>
    /// <param name="directory">The directory; relative to the current one unless rooted.</param>
    /// <param name="options">Null for the defaults. Copied: later changes have no effect.</param>
    /// <exception cref="ArgumentException">The options are out of bounds; the message tells all.</exception>
    /// <exception cref="LogDirectoryException">The directory is no log, or cannot be used.</exception>
    /// <exception cref="LogOwnedException">Another process, or another log of this one, owns it.</exception>
    /// <exception cref="CorruptLogException">
    /// Something is damaged that no crash can have damaged, and it is not of one partition alone: the session, the list
    /// of the last clean close, a topic's description, or the committed offsets.
    /// </exception>
    /// <exception cref="UnsupportedFormatException">A newer version of the library wrote it.</exception>
    /// <exception cref="DiskFullException">
    /// Recovery needs space for what it copies, and to mark a damaged partition.
    /// </exception>
    public static CommitLog Open(string directory, CommitLogOptions? options = null) =>
        OpenAsync(directory, options, blocks: true, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <summary>
    /// Opens the log in a directory, or makes one where that is missing or empty. Waits for its present owner as
    /// long as <see cref="CommitLogOptions.OwnerTimeout"/> says, then works with files on the calling thread.
    /// </summary>
    /// <inheritdoc cref="Open(string, CommitLogOptions?)" path="/remarks"/>
    /// <param name="directory">The directory; relative to the current one unless rooted.</param>
    /// <param name="options">Null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="cancellationToken">Ends the opening; nothing stays open.</param>
    /// <inheritdoc cref="Open(string, CommitLogOptions?)" path="/exception"/>
    /// <exception cref="OperationCanceledException">The opening was cancelled.</exception>
    public static ValueTask<CommitLog> OpenAsync(
        string directory, CommitLogOptions? options = null, CancellationToken cancellationToken = default) =>
        OpenAsync(directory, options, blocks: false, cancellationToken);

    /// <summary>
    /// Opens a log to read it only, while another process owns it, or nobody: nothing in the directory is changed, and
    /// no right to write there is needed. Reading follows the owner through everything that it does. Groups of
    /// consumers need <see cref="ReadOnlyLogOptions.OffsetsDirectory"/>.
    /// </summary>
    /// <param name="directory">The directory; relative to the current one unless rooted.</param>
    /// <param name="options">Null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="cancellationToken">Ends the opening; nothing stays open.</param>
    /// <exception cref="ArgumentException">The options are out of bounds; the message tells all.</exception>
    /// <exception cref="LogDirectoryException">
    /// The directory is no log, or cannot be read. Or the directory of the offsets is of another log, holds something
    /// else, lies in the log's, or cannot be used.
    /// </exception>
    /// <exception cref="LogOwnedException">
    /// Another process, or another log of this one, uses the directory of the offsets.
    /// </exception>
    /// <exception cref="CorruptLogException">
    /// The session, a topic's description, or what is in the directory of the offsets is damaged. A damaged partition
    /// fails its own reads.
    /// </exception>
    /// <exception cref="UnsupportedFormatException">A newer version of the library wrote it.</exception>
    /// <exception cref="OperationCanceledException">The opening was cancelled.</exception>
    public static ValueTask<ReadOnlyLog> OpenReadOnlyAsync(
        string directory, ReadOnlyLogOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        ReadOnlyLogOptions copy = (options ?? new ReadOnlyLogOptions()).ValidatedCopy();
        cancellationToken.ThrowIfCancellationRequested();
        return ReadOnlyLog.OpenAsync(
            directory, copy, RealPlatform.Create(copy.TimeProvider), how: default, cancellationToken);
    }

    /// <summary>
    /// Makes a damaged partition of a closed log readable again: keeps every frame whose checksum is right, at the
    /// offsets that they have, and reports exactly which offsets are gone. Readers pass over those; nothing else ever
    /// gets them. The damaged files are kept beside the partition as they were found. Nothing calls this by itself.
    /// </summary>
    /// <remarks>
    /// A partition that an opening has found damaged fails each use until this has succeeded, also if the damage is
    /// gone because its files were put back: this finds that all is well then, and lets the next opening open it.
    /// </remarks>
    /// <param name="directory">The log's directory; relative to the current one unless rooted.</param>
    /// <param name="partition">The partition, as <see cref="VerifyFinding.Partition"/> names it.</param>
    /// <param name="options">Null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="cancellationToken">Ends it before anything of the partition was changed, or comes too late.</param>
    /// <exception cref="ArgumentException">The options are out of bounds; the message tells all.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The topic has no such partition.</exception>
    /// <exception cref="LogDirectoryException">The directory is no log, or cannot be used.</exception>
    /// <exception cref="LogOwnedException">A process, perhaps this one, has the log open.</exception>
    /// <exception cref="UnknownTopicException">There is no such topic, or its description is damaged.</exception>
    /// <exception cref="CorruptLogException">
    /// The session or the partition's manifest is damaged: nothing tells what there should be. Nothing was changed. Put
    /// back the manifest, or the whole log, from a backup.
    /// </exception>
    /// <exception cref="UnsupportedFormatException">A newer version of the library wrote it.</exception>
    /// <exception cref="DiskFullException">
    /// There is no space for a copy of the damaged segments and for new ones. The partition is as it was.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ValueTask<SalvageReport> SalvageAsync(
        string directory,
        TopicPartition partition,
        SalvageOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        SalvageOptions copy = (options ?? new SalvageOptions()).ValidatedCopy();
        return SalvageOpening.RunAsync(
            directory, partition, copy, RealPlatform.Create(copy.TimeProvider), cancellationToken);
    }

    /// <summary>Opens a log on any platform; the options are valid and the caller's own.</summary>
    internal static async ValueTask<CommitLog> OpenAsync(
        string directory,
        CommitLogOptions options,
        Platform platform,
        CancellationToken cancellationToken,
        WaitMode how = default)
    {
        OpenedLog opened = await LogOpening.RunAsync(directory, options, platform, cancellationToken, how)
            .ConfigureAwait(false);
        CommitLog log = new(opened, options);
        log._upkeep.Start();
        log._figures.Begin(log.Recovery);
        return log;
    }

    /// <summary>Makes a topic.</summary>
    /// <param name="topic">1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-', as in Kafka.</param>
    /// <param name="options">Null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="cancellationToken">Ends the waiting for another change of topics; nothing was made then.</param>
    /// <exception cref="ArgumentException">Name or options are not valid; the message tells all faults.</exception>
    /// <exception cref="TopicConflictException">There is a topic of that name.</exception>
    /// <exception cref="DiskFullException">There is no space. Nothing was made.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public async ValueTask<Topic> CreateTopicAsync(
        string topic, TopicOptions? options = null, CancellationToken cancellationToken = default)
    {
        NameRules.ThrowIfNotTopic(topic);
        TopicOptions wanted = (options ?? new TopicOptions()).ValidatedCopy();
        return await ChangeAsync(() => _changes.CreateAsync(topic, wanted), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes a topic, or applies the options to the one that there is: all may change but the number of partitions, for
    /// which there is <see cref="AddPartitionsAsync"/>, and the write mode. Options that are the same write nothing, so
    /// that this succeeds on a full disk.
    /// </summary>
    /// <param name="topic">1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-', as in Kafka.</param>
    /// <param name="options">
    /// Null for the defaults of a new topic, and to leave one that exists as it is. Copied: later changes have no
    /// effect.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting for another change of topics; nothing was changed then.</param>
    /// <exception cref="ArgumentException">Name or options are not valid; the message tells all faults.</exception>
    /// <exception cref="TopicConflictException">
    /// The topic has another number of partitions or another write mode.
    /// </exception>
    /// <exception cref="DiskFullException">There is no space. Nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public async ValueTask<Topic> EnsureTopicAsync(
        string topic, TopicOptions? options = null, CancellationToken cancellationToken = default)
    {
        NameRules.ThrowIfNotTopic(topic);
        TopicOptions wanted = (options ?? new TopicOptions()).ValidatedCopy();
        return await ChangeAsync(
            () => _changes.EnsureAsync(topic, wanted, mayChange: options is not null), cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Adds partitions to a topic while it is used, as Kafka's <c>CreatePartitions</c>. After a crash the topic has the
    /// new number of partitions or the old one; what was appended to a new one stays as in any other. Producers use the
    /// new number from their next send on. A number that was added cannot be taken away.
    /// </summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="total">
    /// How many partitions the topic is to have: more than it has (<see cref="Topic.PartitionCount"/>), and at most
    /// 65,536.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting for another change of topics; nothing was added then.</param>
    /// <remarks>
    /// Keys move: a key's partition depends on the number of partitions. So from now on records with the same key may
    /// be in another partition than those before. They come in the order of their append among themselves, and so do
    /// those before; no order holds between the two. Where that matters, let consumers read everything first, or make a
    /// new topic.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">No topic can have so many, or so few.</exception>
    /// <exception cref="TopicConflictException">The topic has as many, or more. Nothing was changed.</exception>
    /// <exception cref="UnknownTopicException">There is none of that name.</exception>
    /// <exception cref="DiskFullException">There is no space. Nothing was changed.</exception>
    /// <exception cref="LogIOException">The file system failed. Nothing was changed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public async ValueTask AddPartitionsAsync(string topic, int total, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        int before = await ChangeAsync(() => _changes.AddPartitionsAsync(topic, total), cancellationToken)
            .ConfigureAwait(false);
        StorageLog.PartitionsAdded(Parts.Logger, topic, total, before);
    }

    /// <summary>A topic.</summary>
    /// <param name="name">The topic's name.</param>
    /// <exception cref="UnknownTopicException">There is none of that name.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public Topic GetTopic(string name) =>
        TryGetTopic(name, out Topic? topic) ? topic : throw TopicErrors.Unknown(name, Topics);

    /// <summary>A topic, where there is one of that name.</summary>
    /// <param name="name">The topic's name.</param>
    /// <param name="topic">The topic.</param>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public bool TryGetTopic(string name, [NotNullWhen(true)] out Topic? topic)
    {
        ArgumentNullException.ThrowIfNull(name);
        _changing.ThrowIfClosed();
        return _topics.TryGet(name, out topic);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellationToken = default) =>
        TopicDescriptions.ListAsync(OpenTopics, TopicDescriptions.Of, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<TopicDescription> DescribeTopicAsync(
        string topic, CancellationToken cancellationToken = default) =>
        TopicDescriptions.DescribeAsync(() => GetTopic(topic), TopicDescriptions.Of, cancellationToken);

    /// <summary>
    /// Deletes a topic with all its records and the offsets that groups have committed for it. Producers and consumers
    /// of the topic fail from then on, with <see cref="UnknownTopicException"/>. A topic of the same name that is made
    /// later is another topic. Leased records stay readable. Windows keeps files that a lease or a follower has mapped:
    /// they go in a later round of retention, when the log is closed, or when it is opened next.
    /// </summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="cancellationToken">Ends the waiting for another change of topics; nothing was deleted then.</param>
    /// <exception cref="UnknownTopicException">There is none of that name.</exception>
    /// <exception cref="LogIOException">The topic is of no use, but the next opening may find it again.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public async ValueTask DeleteTopicAsync(string topic, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        await ChangeAsync(
            async () =>
            {
                await _changes.DeleteAsync(topic).ConfigureAwait(false);
                return topic;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken = default) =>
        Completed.Run(
            () =>
            {
                _changing.ThrowIfClosed();
                return _groupDescriptions.List();
            },
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<GroupDescription> DescribeGroupAsync(
        string group, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        return Completed.Run(
            () =>
            {
                _changing.ThrowIfClosed();
                return _groupDescriptions.Describe(group);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<GroupResetReport> ResetGroupAsync(
        string group,
        GroupReset to,
        IReadOnlyList<string>? topics = null,
        bool dryRun = false,
        CancellationToken cancellationToken = default)
    {
        NameRules.ThrowIfNotGroup(group);
        ArgumentNullException.ThrowIfNull(to);
        _changing.ThrowIfClosed();
        if (topics is not null)
        {
            SubscriptionCheck.ThrowIfMissing(
                Subscription.Topics([.. topics]), TopicCatalog.Of(_topics), TopicErrors.MakeAdvice);
        }

        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<GroupResetReport>(cancellationToken)
            : _groupChanges.ResetAsync(group, to, topics, dryRun, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DeleteGroupAsync(
        string group, string? topic = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        _changing.ThrowIfClosed();
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : _groupChanges.DeleteAsync(group, topic, cancellationToken);
    }

    /// <summary>Makes a producer for a topic. Any number of them may send to one topic at the same time.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="topic">The topic's name.</param>
    /// <param name="options">Null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="keys">Turns keys into bytes; null for the type's own, or JSON.</param>
    /// <param name="values">Turns values into bytes; null likewise.</param>
    /// <exception cref="ArgumentException">The options are out of bounds; the message tells all faults.</exception>
    /// <exception cref="UnknownTopicException">There is no such topic.</exception>
    /// <exception cref="InvalidOperationException">A type has no serializer, or is not all in JSON.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public Producer<TKey, TValue> CreateProducer<TKey, TValue>(
        string topic,
        ProducerOptions? options = null,
        ISerializer<TKey>? keys = null,
        ISerializer<TValue>? values = null)
    {
        ProducerOptions copy = (options ?? new ProducerOptions()).ValidatedCopy();
        Topic target = GetTopic(topic);
        Producer<TKey, TValue> producer = new(
            target,
            keys ?? Serdes.Resolve<TKey>(),
            values ?? Serdes.Resolve<TValue>(),
            copy.Partitioner ?? target.Partitioner,
            copy,
            Parts.Platform.Work,
            _users);
        _changing.ThrowIfClosed();
        return producer;
    }

    /// <summary>
    /// Makes a consumer of topics, or of partitions that are chosen by hand. Consumers of different groups, or of none,
    /// read independently of each other. Those of one group share the partitions: each has one owner at a time. It
    /// joins its group with its first use, see <see cref="Consumer{TKey, TValue}.Assignment"/>.
    /// </summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="topics">What to read; a topic's name converts to it.</param>
    /// <param name="group">
    /// The group whose committed offsets the consumer goes on from and commits to, 1 to 249 of the characters a-z, A-Z,
    /// 0-9, '.', '_' and '-'; null to begin where the options say, each time, and commit nothing.
    /// </param>
    /// <param name="options">Null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="keys">Turns bytes into keys; null for the type's own, or JSON.</param>
    /// <param name="values">Turns bytes into values; null likewise.</param>
    /// <exception cref="ArgumentException">The group's name or the options are not valid.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A topic has not all the partitions.</exception>
    /// <exception cref="InvalidOperationException">
    /// The group has a consumer that has chosen one of the partitions by hand too, or shares them in another way; or a
    /// type has no deserializer. The message tells what to do.
    /// </exception>
    /// <exception cref="UnknownTopicException">There are no such topics; the message names all of them.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public Consumer<TKey, TValue> CreateConsumer<TKey, TValue>(
        Subscription topics,
        string? group = null,
        ConsumerOptions? options = null,
        IDeserializer<TKey>? keys = null,
        IDeserializer<TValue>? values = null)
    {
        ArgumentNullException.ThrowIfNull(topics);
        ConsumerOptions copy = (options ?? new ConsumerOptions()).ValidatedCopy(group);
        _changing.ThrowIfClosed();
        SubscriptionCheck.ThrowIfMissing(topics, TopicCatalog.Of(_topics), TopicErrors.MakeAdvice);
        keys ??= Serdes.Resolve<TKey>();
        values ??= Serdes.Resolve<TValue>();
        Consumer<TKey, TValue> consumer = new(
            topics, group, _groups, _offsets, keys, values, copy,
            Parts.Platform, Parts.Segments.Readers, Parts.Logger, _users, _deadLetters);
        _changing.ThrowIfClosed();
        return consumer;
    }

    /// <summary>
    /// Appends the record of a dead letter to the partition that it came from, without the headers of
    /// <see cref="DeadLetterHeaders"/>, and completes when it is on the disk. Every group that reads the topic gets it,
    /// with the time of this append. The dead letter stays, since a log deletes no single record.
    /// </summary>
    /// <param name="deadLetter">The dead letter: see <see cref="ForEachOptions.DeadLetterTopic"/>.</param>
    /// <param name="cancellationToken">
    /// Before the record is appended, nothing is; afterwards only the waiting ends, and the record stays.
    /// </param>
    /// <returns>Where the record stands now.</returns>
    /// <exception cref="InvalidOperationException">The record is no dead letter.</exception>
    /// <exception cref="OffsetUnavailableException">There is no such record, or no more.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A topic has not that partition; the one that it came from may have been made anew with fewer.
    /// </exception>
    /// <exception cref="UnknownTopicException">One of the two topics does not exist, or no more.</exception>
    /// <exception cref="CorruptLogException">The dead letter is damaged.</exception>
    /// <exception cref="RecordTooLargeException">The topic does not take such large records any more.</exception>
    /// <exception cref="DiskFullException">There is no space. Nothing was appended.</exception>
    /// <exception cref="LogIOException">The file system failed.</exception>
    /// <exception cref="PartitionFailedException">A flush failed: the record may be lost.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public ValueTask<RecordMetadata> RequeueAsync(
        TopicPartitionOffset deadLetter, CancellationToken cancellationToken = default)
    {
        _changing.ThrowIfClosed();
        return _deadLetters.RequeueAsync(deadLetter, cancellationToken);
    }

    /// <summary>Waits until everything that was appended before the call, to any topic, is on the disk.</summary>
    /// <param name="cancellationToken">Ends the waiting; the flushes go on.</param>
    /// <exception cref="PartitionFailedException">A flush failed; the others were waited for.</exception>
    /// <exception cref="CorruptLogException">
    /// The opening found a partition damaged; the others were flushed.
    /// </exception>
    /// <exception cref="DiskFullException">There was no space to flush; it is tried again by itself.</exception>
    /// <exception cref="LogIOException">No handle or the like to flush with; it is tried again by itself.</exception>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        _changing.ThrowIfClosed();
        await _topics.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Removes what the retention of any topic no longer keeps as of now, and completes when that is done. The log does
    /// the same by itself: soon after an opening, and then as often as
    /// <see cref="CommitLogOptions.RetentionCheckInterval"/> says. Records that are to go and are not on the disk yet
    /// are flushed first.
    /// </summary>
    /// <param name="cancellationToken">Ends it between two partitions, or the waiting for a flush.</param>
    /// <exception cref="PartitionFailedException">A partition failed; the others were done.</exception>
    /// <exception cref="LogIOException">The file system failed in a partition; the others were done.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public ValueTask ApplyRetentionAsync(CancellationToken cancellationToken = default)
    {
        _changing.ThrowIfClosed();
        return _upkeep.Retention.ApplyAsync(cancellationToken);
    }

    /// <summary>
    /// Who keeps memory of segments mapped, longest first: leases that are not disposed, and scans under which a
    /// segment was removed or closed. As of now; scans of segments that are there and open hold nothing up and are not
    /// told.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    public IReadOnlyList<SegmentPin> GetPins()
    {
        _changing.ThrowIfClosed();
        return Pins.Collect(Parts.Segments, _topics.Partitions);
    }

    /// <summary>
    /// Checks everything that the log has on the disk: every frame of every segment and that no offset is missing,
    /// indexes, manifests, checkpoints, the session and the topics' descriptions. Damage is told by the report, not by
    /// an exception. Appends, reads and retention go on meanwhile; what is appended after its partition's turn is not
    /// checked.
    /// </summary>
    /// <param name="options">Null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="progress">Told now and then, on the thread that checks; null for nobody.</param>
    /// <param name="cancellationToken">Ends it between two slices of at most 1 MiB.</param>
    /// <exception cref="ArgumentException">The options are out of bounds.</exception>
    /// <exception cref="NotSupportedException">The file system cannot be read past the page cache.</exception>
    /// <exception cref="LogIOException">A file could not be opened for lack of handles or the like.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed, perhaps meanwhile.</exception>
    public async ValueTask<VerifyReport> VerifyAsync(
        VerifyOptions? options = null,
        IProgress<VerifyProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        VerifyOptions copy = (options ?? new VerifyOptions()).ValidatedCopy();
        _changing.ThrowIfClosed();
        Verification verification = new(Parts.Platform, copy, cancellationToken) { Progress = progress };
        VerifyReport report = await verification.RunAsync(_directory, _opened.GetVerifyTargets).ConfigureAwait(false);
        _changing.ThrowIfClosed();
        return report;
    }

    /// <summary>
    /// Copies the log as it is now into a directory, which is then a closed log: open it there, or copy it back, on any
    /// machine. All use goes on meanwhile. What is in the backup is durable in the log too, and no committed offset
    /// lies beyond its records. Where it throws, nothing is left. GUARANTEES.md has more.
    /// </summary>
    /// <param name="directory">Missing, or empty; not in that of the log. Made where it is missing.</param>
    /// <param name="options">Null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="progress">Told now and then, on the thread that copies; null for nobody.</param>
    /// <param name="cancellationToken">Ends it between two pieces of at most 256 KiB.</param>
    /// <exception cref="LogDirectoryException">The directory is not empty, or is the log's.</exception>
    /// <exception cref="CorruptLogException">
    /// The opening found a partition damaged: salvage it first. The closed log can be copied as it is, by any tool.
    /// </exception>
    /// <exception cref="PartitionFailedException">A flush of a partition has failed.</exception>
    /// <exception cref="DiskFullException">There is no space for it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed, perhaps meanwhile.</exception>
    public async ValueTask<BackupReport> BackupAsync(
        string directory,
        BackupOptions? options = null,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        _changing.ThrowIfClosed();
        LogBackup backup = new(Parts.Platform, _directory, (options ?? new BackupOptions()).Copy(), progress);
        return await backup.RunAsync(directory, _offsets.Log, () => Topics, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Flushes everything and closes the log, as <see cref="DisposeAsync"/>, on the calling thread, which blocks until
    /// that is done. It needs no thread of the pool.
    /// </summary>
    /// <inheritdoc cref="DisposeAsync" path="/exception"/>
    public void Dispose() =>
        _closing.RunAsync(WaitMode.Blocking(Parts.Platform.Work)).AsTask().GetAwaiter().GetResult();

    /// <summary>
    /// Disposes the consumers and producers of the log, flushes everything and closes it: consumers commit first where
    /// they have an interval, then producers flush. Whoever waits for an append fails with
    /// <see cref="ObjectDisposedException"/>; memory that a scan or a lease still looks at stays until they are
    /// disposed. Consumers and producers may be disposed afterwards, which does nothing. Disposing again waits for the
    /// first disposal.
    /// </summary>
    /// <remarks>
    /// All of it is done whatever fails on the way, and nothing stays open. A logger that disposes the log which calls
    /// it is not made to wait.
    /// </remarks>
    /// <exception cref="EmbeddedLogException">
    /// One thing failed: what a consumer has finished could not be committed, or a flush failed of which no user of a
    /// producer was told.
    /// </exception>
    /// <exception cref="AggregateException">Several things failed; each of them is told.</exception>
    public ValueTask DisposeAsync() => _closing.RunAsync(how: default);

    private static ValueTask<CommitLog> OpenAsync(
        string directory, CommitLogOptions? options, bool blocks, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        CommitLogOptions copy = (options ?? new CommitLogOptions()).ValidatedCopy();
        Platform platform = RealPlatform.Create(copy.TimeProvider, groupReads: copy.Access == LogAccess.Group);
        WaitMode how = blocks ? WaitMode.Blocking(platform.Work) : default;
        return OpenAsync(directory, copy, platform, cancellationToken, how);
    }

    async ValueTask<TopicDescription> ICommitLog.CreateTopicAsync(
        string topic, TopicOptions? options, CancellationToken cancellationToken) =>
        TopicDescriptions.Of(await CreateTopicAsync(topic, options, cancellationToken).ConfigureAwait(false));

    async ValueTask<TopicDescription> ICommitLog.EnsureTopicAsync(
        string topic, TopicOptions? options, CancellationToken cancellationToken) =>
        TopicDescriptions.Of(await EnsureTopicAsync(topic, options, cancellationToken).ConfigureAwait(false));

    IProducer<TKey, TValue> ICommitLog.CreateProducer<TKey, TValue>(
        string topic, ProducerOptions? options, ISerializer<TKey>? keys, ISerializer<TValue>? values) =>
        CreateProducer(topic, options, keys, values);

    IConsumer<TKey, TValue> ILogReader.CreateConsumer<TKey, TValue>(
        Subscription topics,
        string? group,
        ConsumerOptions? options,
        IDeserializer<TKey>? keys,
        IDeserializer<TValue>? values) =>
        CreateConsumer(topics, group, options, keys, values);

    /// <summary>Makes a topic, or leaves the one that there is as it is.</summary>
    private ValueTask<Topic> EnsureUnchangedAsync(
        string topic, TopicOptions options, CancellationToken cancellationToken) =>
        ChangeAsync(
            () => _changes.EnsureAsync(topic, options.ValidatedCopy(), mayChange: false), cancellationToken);

    /// <summary>Makes one change to the topics after another, and tells it, also after a failure.</summary>
    private async ValueTask<T> ChangeAsync<T>(Func<ValueTask<T>> change, CancellationToken cancellationToken)
    {
        try
        {
            using (await _changing.EnterAsync(cancellationToken).ConfigureAwait(false))
            {
                return await change().ConfigureAwait(false);
            }
        }
        finally
        {
            _topics.TellChange();
        }
    }

    private IReadOnlyList<Topic> OpenTopics()
    {
        _changing.ThrowIfClosed();
        return Topics;
    }
}
