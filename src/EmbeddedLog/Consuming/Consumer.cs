using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Consuming.Loops;
using EmbeddedLog.Consuming.Membership;
using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Consuming.Reading;
using EmbeddedLog.Consuming.Sequences;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Handling;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog;

/// <summary>
/// Reads topics, and commits for its group how far it is. Records of one partition come in the order of their offsets;
/// partitions are read in turn, in chunks, so that none keeps the others waiting, and those of one topic not those of
/// another.
/// </summary>
/// <typeparam name="TKey">The key's type.</typeparam>
/// <typeparam name="TValue">The value's type.</typeparam>
/// <remarks>
/// <para>
/// <em>What is not finished is handed out again.</em> A record that was handed out is finished when the next one is
/// asked for in the same read, even if that fails or is cancelled; when <see cref="Finish"/> or a commit at or beyond
/// it succeeds; or when a seek or <see cref="Skip"/> passes it. A batch is finished as a whole. Leaving a read, by
/// <c>break</c> or by an exception, finishes nothing, nor does disposing: the next read hands out again what was in
/// hand, after the other partitions had their turn. So catch what a handler throws inside the loop, to go on with the
/// next record, or outside of it, to get the same one again.
/// </para>
/// <para>
/// <em>One partition's trouble is its own.</em> Where a record cannot be read, a read throws, and the next read goes on
/// with the other partitions. The failed one is tried again after 100 ms, then after twice as long each time, up to
/// 30 s; each attempt that fails throws again. A read waits for the next attempt only where there is nothing else to
/// read. <see cref="ReadToEndAsync"/> reads the others, tries the failed one once, without a pause, and throws.
/// <see cref="Skip"/> and a seek end the trouble. A topic that is deleted is such a trouble, told once for all its
/// partitions: pause them, or dispose the consumer, to be told no more.
/// </para>
/// <para>
/// <em>The members of a group share its partitions.</em> A consumer joins its group with its first use. What is to move
/// to another member is let go of between two records of a read; see <see cref="ConsumerOptions.OnAssigned"/> and the
/// options beside it. A commit in a partition that another member has got meanwhile throws a
/// <see cref="PartitionLostException"/> and changes nothing.
/// </para>
/// <para>
/// Without a commit the next consumer of the group begins where the last commit was, so that every record is handled at
/// least once. A loss of power can take records away that were written and not flushed; a commit that counted them is
/// lowered when the log is opened, so that what takes their offsets is read.
/// </para>
/// <para>
/// Thread safety: one read at a time, a second one throws <see cref="InvalidOperationException"/>. All other members
/// may be called from any thread, also while a read is under way. Waiting readers are woken by the append, not by
/// polling.
/// </para>
/// </remarks>
public sealed class Consumer<TKey, TValue> : IConsumer<TKey, TValue>
{
    // Over 400 lines, most of which document the public members: each hands over to Positions, Reading or Sequences.
    private readonly PositionSet _positions;
    private readonly RecordReader<TKey, TValue> _reader;

    /// <summary>Null for a consumer without a group.</summary>
    private readonly OffsetCommitter? _committer;
    private readonly ConsumerAssignment _assignment;
    private readonly Subscription _subscription;
    private readonly Platform _platform;
    private readonly ILogger _logger;
    private readonly LogUsers _users;

    /// <summary>Null in a process that only reads the log.</summary>
    private readonly DeadLetterTopics? _deadLetters;

    /// <summary>
    /// Set by the disposal when the callback for what is revoked is over, which may still commit. Read by anyone.
    /// </summary>
    private bool _isOver;

    /// <summary>Creates a consumer.</summary>
    /// <param name="subscription">What to read: topics that there are.</param>
    /// <param name="group">The group's name, or null.</param>
    /// <param name="groups">The groups of the log.</param>
    /// <param name="offsets">What groups have committed; null without a group.</param>
    /// <param name="keys">Reads keys.</param>
    /// <param name="values">Reads values.</param>
    /// <param name="options">Valid for that group, and the consumer's own.</param>
    /// <param name="platform">The seam to the system.</param>
    /// <param name="readers">Keep memory mapped while it is read.</param>
    /// <param name="logger">Where it is told what was skipped and what failed.</param>
    /// <param name="users">What the log's closing disposes.</param>
    /// <param name="deadLetters">Keeps what cannot be handled; null in a process that only reads the log.</param>
    internal Consumer(
        Subscription subscription,
        string? group,
        GroupCoordinator groups,
        OffsetStore? offsets,
        IDeserializer<TKey> keys,
        IDeserializer<TValue> values,
        ConsumerOptions options,
        Platform platform,
        ReaderEpochs readers,
        ILogger logger,
        LogUsers users,
        DeadLetterTopics? deadLetters)
    {
        Group = group;
        _deadLetters = deadLetters;
        _subscription = subscription;
        _platform = platform;
        _logger = logger;
        _users = users;
        WakeSignal signal = new(platform.Work);
        WeakReference<IMemberActivity> activity = new(null!);
        GroupMembership membership =
            groups.Create(group, subscription, options.MemberSettings, signal.Wake, activity);
        _positions = new PositionSet(options.StartPolicy, options.ReadLevel, logger);
        _assignment = new ConsumerAssignment(
            membership,
            _positions,
            group is null ? null : offsets,
            options.StartPolicy,
            options.CommitInterval is not null,
            new AssignmentCallbacks(Bind(options.OnAssigned), Bind(options.OnRevoked), Bind(options.OnLost)));
        _committer = group is null
            ? null
            : new OffsetCommitter(
                _positions,
                offsets!,
                _assignment.LostError,
                group,
                options.CommitDurability,
                options.CommitInterval,
                platform,
                logger);
        _assignment.Committer = _committer;
        _reader = new RecordReader<TKey, TValue>(
            _positions,
            _assignment,
            new RecordFetcher<TKey, TValue>(new RecordDecoder<TKey, TValue>(keys, values), readers),
            _committer,
            signal,
            platform.Time,
            options.MaxBufferedRecords,
            options.AllowSynchronousContinuations,
            new ReadTelemetry(Telemetry.Shared, group));
        activity.SetTarget(_reader);
        _users.AddConsumer(_reader, this);
        if (options.CommitInterval is not null)
        {
            // Nobody need refer to it any more, and its commits are still to be made.
            _users.Keep(_reader);
        }
    }

    /// <summary>The group's name, or null for a consumer that commits nothing.</summary>
    public string? Group { get; }

    /// <summary>How many records <see cref="ForEachAsync"/> has in hand; zero when it does not run.</summary>
    internal int RecordsInHand => _reader.InHand;

    /// <summary>
    /// The partitions that this consumer reads at present, in the order of its subscription. It joins its group with
    /// its first use: a read, this property, or any member that is about its partitions. Until then it has none.
    /// </summary>
    public IReadOnlyList<TopicPartition> Assignment
    {
        get
        {
            _assignment.Join();
            return [.. _positions.Cursors.ToArray().Select(cursor => cursor.Log.Id)];
        }
    }

    /// <summary>
    /// Reads without end: what is there, and what is appended later, for which it waits.
    /// </summary>
    /// <param name="cancellationToken">
    /// Ends the reading; what was not handed out is handed out by the next read.
    /// </param>
    /// <returns>
    /// The records; each enumeration is a read of its own. The exceptions are those of its enumeration.
    /// </returns>
    /// <exception cref="RecordDeserializationException">
    /// A record cannot be read as these types. The position stays at it; <see cref="Skip"/> goes on behind it.
    /// </exception>
    /// <exception cref="OffsetUnavailableException">
    /// The position is not in the log, and <see cref="ConsumerOptions.Start"/> is
    /// <see cref="StartAt.Error"/>. With another start the consumer goes on where that says, and logs a warning.
    /// </exception>
    /// <exception cref="LogTruncatedException">
    /// The log is followed, and a recovery by its owner has taken back records that were read; the position was moved
    /// to the first of these. Undo what came of them, and read again.
    /// </exception>
    /// <exception cref="CorruptLogException">A stored record is damaged. The position stays at it.</exception>
    /// <exception cref="LogIOException">The medium failed to give a record. The position stays at it.</exception>
    /// <exception cref="InvalidOperationException">Another read is under way.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    /// <exception cref="UnknownTopicException">
    /// A topic was deleted, before or meanwhile; the others go on with the next read.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The consumer or the log was disposed, before or meanwhile.</exception>
    /// <exception cref="EmbeddedLogException">
    /// An interval commit has failed since the last call, or the position where a group starts cannot be committed. No
    /// record is lost; reading again goes on.
    /// </exception>
    public IAsyncEnumerable<Record<TKey, TValue>> ReadAllAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return new RecordSequence<TKey, TValue>(_reader, ends: null, cancellationToken);
    }

    /// <summary>
    /// Reads up to the end of each partition as of this call. Partitions that are paused do not count: the reading ends
    /// when the others are at their ends.
    /// </summary>
    /// <inheritdoc cref="ReadAllAsync" path="/*[not(self::summary)]"/>
    public IAsyncEnumerable<Record<TKey, TValue>> ReadToEndAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return new RecordSequence<TKey, TValue>(_reader, _assignment.Ends(), cancellationToken);
    }

    /// <summary>
    /// Reads without end, in batches of as many records as there are at once, at least one. The records of a batch are
    /// of one partition, so that committing the last of them commits the batch; they are finished, all at once, when
    /// the next batch is asked for.
    /// </summary>
    /// <param name="maxRecords">
    /// The most records in a batch, from 1. A batch also ends when it has about 50 MiB, see
    /// <see cref="BatchOptions.MaxBytes"/>.
    /// </param>
    /// <param name="cancellationToken">
    /// Ends the reading; what was not handed out is handed out by the next read.
    /// </param>
    /// <returns>The batches, each a list of its own; each enumeration is a read of its own.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxRecords"/> is less than one.</exception>
    /// <inheritdoc cref="ReadAllAsync" path="/exception"/>
    public IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> ReadBatchesAsync(
        int maxRecords, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        ThrowIfDisposed();
        BatchLimits limits = new(maxRecords, BatchOptions.DefaultMaxBytes, WaitTicks: 0);
        return new BatchSequence<TKey, TValue>(_reader, limits, cancellationToken);
    }

    /// <summary>
    /// Reads without end, in batches whose records and bytes are bounded, and which may wait some time to get full. The
    /// records of a batch are of one partition; they are finished, all at once, when the next batch is asked for.
    /// </summary>
    /// <param name="options">How large a batch gets, and how long it waits for that.</param>
    /// <param name="cancellationToken">
    /// Ends the reading; what was not handed out is handed out by the next read.
    /// </param>
    /// <returns>The batches, each a list of its own; each enumeration is a read of its own.</returns>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    /// <inheritdoc cref="ReadAllAsync" path="/exception"/>
    public IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>> ReadBatchesAsync(
        BatchOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        BatchOptions valid = options.ValidatedCopy();
        ThrowIfDisposed();
        BatchLimits limits = new(
            valid.MaxRecords,
            valid.MaxBytes,
            WaitTicks: (long)(valid.MaxWait.TotalSeconds * _platform.Time.TimestampFrequency));
        return new BatchSequence<TKey, TValue>(_reader, limits, cancellationToken);
    }

    /// <summary>
    /// Reads without end, and calls a handler for each record: several at once, those of one partition or key in order,
    /// see <see cref="ForEachOptions.OrderBy"/>. Ends when it is cancelled, when the consumer is disposed, when
    /// the log cannot be read, or with a failure that <see cref="ForEachOptions.OnFailure"/> stops at.
    /// </summary>
    /// <remarks>
    /// <para>
    /// A record is finished when its handler has ended and all records before it in its partition are finished.
    /// Finished records are committed every <see cref="ForEachOptions.CommitInterval"/>, before a partition is given
    /// up, and at the end. What is in hand and not finished at the end comes again: to the next read of this consumer,
    /// and to the next consumer of the group.
    /// </para>
    /// <para>
    /// A record that cannot be read as the consumer's types has no attempts: it goes to
    /// <see cref="ForEachOptions.OnFailure"/> when it is its turn to be handled. Where that is
    /// <see cref="FailureAction.Stop"/>, all records before it in its partition are finished first, so that
    /// <see cref="Skip"/> passes it.
    /// </para>
    /// <para>
    /// At the end, and before a partition is given up, no handler begins, and those that run are waited for, up to
    /// <see cref="ForEachOptions.DrainTimeout"/>; then their token is cancelled, and what becomes of them counts no
    /// more. The token is cancelled at once when the partition is lost and when the consumer is disposed: cancel the
    /// loop and wait for it before the consumer is disposed. A member of a group loses its partitions when one record
    /// is the oldest in hand for longer than <see cref="ConsumerOptions.MaxPollInterval"/>, retries included.
    /// </para>
    /// <para>
    /// Handlers run on the thread pool, in the execution context of the caller. They may call all members of the
    /// consumer but those that read. After a seek, records in hand that have not begun are dropped. A partition that is
    /// paused still has its records in hand handled.
    /// </para>
    /// </remarks>
    /// <param name="handler">
    /// Handles a record. Its token is not cancelled by <paramref name="cancellationToken"/>, so that it can end.
    /// </param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellationToken">
    /// Ends it, with <see cref="OperationCanceledException"/> when what runs has ended.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The options are not valid, the consumer reads <see cref="ForEachOptions.DeadLetterTopic"/> itself, or that is
    /// set and the log is only read.
    /// </exception>
    /// <exception cref="AggregateException">
    /// A record failed, and so did <see cref="ForEachOptions.FailureHandler"/> or the append of its dead letter.
    /// </exception>
    /// <inheritdoc cref="ReadAllAsync" path="/exception"/>
    public Task ForEachAsync(
        Func<Record<TKey, TValue>, CancellationToken, ValueTask> handler,
        ForEachOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ForEachOptions valid = (options ?? new ForEachOptions()).ValidatedCopy();
        ThrowIfDisposed();
        if (valid.DeadLetterTopic is { } deadLetterTopic)
        {
            if (_deadLetters is null)
            {
                throw ConsumerErrors.DeadLettersOfReader(valid);
            }

            if (_subscription.Includes(deadLetterTopic))
            {
                throw ConsumerErrors.DeadLettersAreRead(valid, _subscription);
            }
        }

        return new ForEachLoop<TKey, TValue>(
            _reader,
            _positions,
            _assignment,
            _committer,
            _platform,
            new FailurePolicy(
                valid,
                _deadLetters is null ? null : new ConsumerDeadLetters(_deadLetters, _subscription, Group),
                _logger),
            new HandlerTelemetry<TKey, TValue>(Telemetry.Shared, Group, handler).HandleAsync,
            valid,
            cancellationToken).RunAsync();
    }

    /// <summary>
    /// Says that a record that was handed out is finished, and all before it in its partition: it is not handed out
    /// again by this consumer, and the next commit of what is finished commits it. Does nothing where it is finished
    /// already, was taken back by a seek, or is of a partition that was given up.
    /// </summary>
    /// <param name="record">A record that this consumer has handed out.</param>
    /// <exception cref="ArgumentException">This consumer does not read the record's topic.</exception>
    /// <exception cref="ArgumentOutOfRangeException">This consumer does not read the record's partition.</exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    public void Finish(Record<TKey, TValue> record)
    {
        ThrowIfDisposed();
        if (TryGetCursor(record) is { } cursor && _positions.Finish(cursor, record.Offset))
        {
            _committer?.NoteMoved();
        }
    }

    /// <summary>
    /// Commits that a record, and all before it in its partition, are finished: the group's next consumer begins behind
    /// it. Done when it is as durable as <see cref="ConsumerOptions.CommitDurability"/> says.
    /// </summary>
    /// <param name="finished">A record of a partition that this consumer reads.</param>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    /// <exception cref="InvalidOperationException">The consumer has no group.</exception>
    /// <exception cref="ArgumentException">This consumer does not read the record's topic.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// This consumer does not read the record's partition, or the partition has no such record.
    /// </exception>
    /// <exception cref="PartitionLostException">The consumer had the partition, and has it no more.</exception>
    /// <exception cref="LogTruncatedException">
    /// In a log that another process owns: records below were taken back. Nothing was committed.
    /// </exception>
    /// <exception cref="UnknownTopicException">The topic was deleted.</exception>
    /// <exception cref="DiskFullException">There is no space. Nothing was committed.</exception>
    /// <exception cref="LogIOException">The file system failed. Nothing was committed.</exception>
    /// <exception cref="PartitionFailedException">A flush failed; no more can be committed.</exception>
    /// <exception cref="EmbeddedLogException">
    /// An interval commit has failed since the last call. Nothing was committed by this one; it may be repeated.
    /// </exception>
    /// <exception cref="OperationCanceledException">The commit, or the waiting for it, was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The consumer or the log was disposed.</exception>
    public ValueTask CommitAsync(Record<TKey, TValue> finished, CancellationToken cancellationToken = default)
    {
        OffsetCommitter committer = RequireGroup();
        PartitionCursor cursor = _assignment.GetForCommit(finished.TopicPartition);
        return finished.IsOf(cursor.Hold.Epoch)
            ? committer.CommitAsync(
                cursor, NextOffset.After(finished.TopicPartitionOffset).Offset, metadata: null, cancellationToken)
            : throw _assignment.LostError(cursor.Hold);
    }

    /// <summary>
    /// Commits the offset of the next record to read, which is where the group's next consumer begins. What this one
    /// has handed out below it is finished; otherwise it reads on where it is, whether the commit is lower or higher.
    /// </summary>
    /// <param name="next">A partition that this consumer reads, and an offset from zero to its end.</param>
    /// <param name="metadata">
    /// Text to store with the offset, up to 4,096 bytes as UTF-8, or null; as Kafka's <c>OffsetAndMetadata</c>.
    /// </param>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    /// <exception cref="ArgumentException">
    /// This consumer does not read that topic, or the metadata is too long or no text.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// This consumer does not read that partition, or the offset is not from zero to its end.
    /// </exception>
    /// <inheritdoc cref="CommitAsync(Record{TKey, TValue}, CancellationToken)" path="/exception"/>
    public ValueTask CommitAsync(
        NextOffset next, string? metadata = null, CancellationToken cancellationToken = default)
    {
        OffsetCommitter committer = RequireGroup();
        if (metadata is not null)
        {
            OffsetCodec.ThrowIfNotMetadata(metadata);
        }

        return committer.CommitAsync(
            _assignment.GetForCommit(next.Partition), next.Offset, metadata, cancellationToken);
    }

    /// <summary>
    /// Commits all records that are finished: the position of each partition (see <see cref="GetPositionAsync"/>) where
    /// it has changed since the last commit, which includes what a seek has passed over. Topics that were deleted are
    /// left out: what was committed for them is gone with them.
    /// </summary>
    /// <param name="cancellationToken">Before the commit: nothing is committed. After it: ends the waiting.</param>
    /// <inheritdoc cref="CommitAsync(Record{TKey, TValue}, CancellationToken)" path="/exception"/>
    public ValueTask CommitFinishedAsync(CancellationToken cancellationToken = default) =>
        RequireGroup().CommitFinishedAsync(cancellationToken);

    /// <summary>
    /// The first offset of a partition that is not finished, which is what <see cref="CommitFinishedAsync"/> commits;
    /// as Kafka's <c>position</c>, but for records in hand. Before the first read it is what the group has committed,
    /// or else where <see cref="ConsumerOptions.Start"/> says, which is settled by asking. Complete when it returns.
    /// </summary>
    /// <param name="partition">A partition that this consumer reads.</param>
    /// <param name="cancellationToken">Cancelled before the call: nothing is looked up.</param>
    /// <exception cref="ArgumentException">This consumer does not read that topic.</exception>
    /// <exception cref="ArgumentOutOfRangeException">This consumer does not read that partition.</exception>
    /// <exception cref="OffsetUnavailableException">
    /// Nothing is committed, and the consumer's start is <see cref="StartAt.Error"/>.
    /// </exception>
    /// <exception cref="CorruptLogException">A record is damaged that a start by time comes across.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The consumer or the log was disposed.</exception>
    public ValueTask<NextOffset> GetPositionAsync(
        TopicPartition partition, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        PartitionCursor cursor = _assignment.Get(partition);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<NextOffset>(cancellationToken)
            : ValueTask.FromResult(new NextOffset(cursor.Log.Id, _positions.GetPosition(cursor)));
    }

    /// <summary>
    /// What the group has committed in a partition, or null; null also for a consumer without a group. Complete when it
    /// returns.
    /// </summary>
    /// <param name="partition">A partition that this consumer reads.</param>
    /// <param name="cancellationToken">Cancelled before the call: nothing is looked up.</param>
    /// <exception cref="ArgumentException">This consumer does not read that topic.</exception>
    /// <exception cref="ArgumentOutOfRangeException">This consumer does not read that partition.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    public ValueTask<CommittedOffset?> GetCommittedAsync(
        TopicPartition partition, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        PartitionCursor cursor = _assignment.Get(partition);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<CommittedOffset?>(cancellationToken)
            : ValueTask.FromResult(_committer?.Committed(cursor));
    }

    /// <summary>
    /// How far this consumer is behind in each partition, in the order of <see cref="Assignment"/>, as of now; changes
    /// nothing. Where no position is known yet it counts from where <see cref="ConsumerOptions.Start"/> leads, and with
    /// <see cref="StartAt.Error"/> from the first record there is. Partitions of a deleted topic are left out. One that
    /// cannot tell its ends is there with its <see cref="PartitionLag.Failure"/>. Complete when it returns.
    /// </summary>
    /// <param name="cancellationToken">Cancelled before the call: nothing is looked up.</param>
    /// <exception cref="CorruptLogException">A record is damaged that a start by time comes across.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The consumer or the log was disposed.</exception>
    public ValueTask<ConsumerLag> GetLagAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ConsumerLag>(cancellationToken);
        }

        _assignment.Join();
        return ValueTask.FromResult(_positions.GetLag(_platform.Time.GetUtcNow()));
    }

    /// <summary>
    /// Waits until all records are finished that its partitions hold at the time of the call; with
    /// <see cref="Durability.Flushed"/> as <see cref="ConsumerOptions.ReadLevel"/>, all that are flushed by then.
    /// Records that come later are not waited for. It reads nothing itself: a read must be under way, or come. A
    /// partition that is given up meanwhile is not waited for any more; for one that is paused or in trouble it waits.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="CorruptLogException">A partition is damaged, so that its lag is not known.</exception>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The consumer or the log was disposed, before or meanwhile.</exception>
    public async ValueTask WaitUntilCaughtUpAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        _assignment.Join();
        ReadEnds ends = _assignment.Ends();
        WakeSignal signal = new(_platform.Work);
        _positions.Waits.Add(signal);
        try
        {
            using CancellationTokenRegistration cancelled = cancellationToken.UnsafeRegister(
                static signal => ((WakeSignal)signal!).Wake(), signal);
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ThrowIfDisposed();
                if (_positions.HasCaughtUp(ends))
                {
                    return;
                }

                await signal.WaitAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _positions.Waits.Remove(signal);
        }
    }

    /// <summary>
    /// Goes on at a record: the next one handed out of that partition is this, also if a read is under way. What lies
    /// below counts as finished, and what lies above does not: the next commit of all that is finished commits the
    /// offset, as in Kafka.
    /// </summary>
    /// <param name="at">
    /// A partition that this consumer reads, and an offset from zero. One that the partition does not hold, by the time
    /// of the next read, is treated as <see cref="ConsumerOptions.Start"/> says.
    /// </param>
    /// <exception cref="ArgumentException">This consumer does not read that topic.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// This consumer does not read that partition, or the offset is negative.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    public void Seek(TopicPartitionOffset at)
    {
        ThrowIfDisposed();
        PartitionCursor cursor = _assignment.Get(at.TopicPartition);
        if (at.Offset < 0)
        {
            throw ConsumerErrors.NegativeOffset(at);
        }

        _positions.Seek(cursor, at.Offset);
        NoteMoved();
    }

    /// <summary>
    /// Goes on, in each partition or in one, at the beginning, at the end, or at a time. What that passes counts as
    /// finished, as with <see cref="Seek"/>. The beginning is found by the next read, wherever retention will have
    /// moved it; the end is that of now, so that the next records are those appended after this call (Kafka's
    /// <c>seekToEnd</c> looks for it only when it reads next). A search by time reads from the disk on the calling
    /// thread. Complete when it returns.
    /// </summary>
    /// <param name="to">Where to go on.</param>
    /// <param name="only">A partition that this consumer reads; null for all of them.</param>
    /// <param name="cancellationToken">Ends it between two partitions; then nothing was changed.</param>
    /// <exception cref="ArgumentException">This consumer does not read that topic.</exception>
    /// <exception cref="ArgumentOutOfRangeException">This consumer does not read that partition.</exception>
    /// <exception cref="CorruptLogException">
    /// A record that the search comes across is damaged. Nothing was changed.
    /// </exception>
    /// <exception cref="UnknownTopicException">
    /// The topic of the one partition was deleted. Of all partitions, those of a deleted topic are left out.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled. Nothing was changed.</exception>
    /// <exception cref="ObjectDisposedException">The consumer or the log was disposed.</exception>
    public ValueTask SeekAsync(
        SeekTarget to, TopicPartition? only = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        ThrowIfDisposed();
        PartitionCursor? cursor = only is { } partition ? _assignment.Get(partition) : null;
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (cursor is null)
        {
            _assignment.Join();
            _positions.Seek(to, cancellationToken);
        }
        else
        {
            _positions.Seek(cursor, to);
        }

        NoteMoved();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Goes on behind what a read has failed at. Of a record that cannot be deserialized that is the next one; of a
    /// damaged place, the next record that is good, for which the segment's file is read; of an offset that is no
    /// longer in the log, the first that is. What is skipped counts as finished, as with
    /// <see cref="Seek"/>.
    /// </summary>
    /// <param name="failure">What a read of this consumer threw.</param>
    /// <exception cref="ArgumentException">
    /// It names no place in a partition of this consumer that could be skipped, or the opening has found the whole
    /// partition damaged (<see cref="RecoveryReport.Damaged"/>): there is nothing to go on with before a salvage.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The position has moved since, by a seek or another skip. Nothing was changed.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    public void Skip(EmbeddedLogException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        ThrowIfDisposed();
        if (failure is not { Topic: { } topic, Partition: { } partition, Offset: { } offset }
            || failure is LogTruncatedException or UnknownTopicException)
        {
            throw ConsumerErrors.NothingToSkip(failure);
        }

        PartitionCursor cursor = _assignment.Get(new TopicPartition(topic, partition));
        if (cursor.Log.IsDamaged)
        {
            throw ConsumerErrors.SkipOfDamage(cursor.Log.Id, failure);
        }

        long behind = SkipTarget.Find(cursor.Log, failure, offset);
        _positions.Skip(cursor, failure, offset, behind);
        NoteMoved();
    }

    /// <summary>
    /// Hands out nothing of a partition until it is resumed, from the next record on, also if a read is under way. The
    /// position stays. Pausing what is paused does nothing.
    /// </summary>
    /// <param name="partition">A partition that this consumer reads.</param>
    /// <exception cref="ArgumentException">This consumer does not read that topic.</exception>
    /// <exception cref="ArgumentOutOfRangeException">This consumer does not read that partition.</exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    public void Pause(TopicPartition partition) => Pause(partition, paused: true);

    /// <summary>Goes on with a partition that was paused. Resuming what is not paused does nothing.</summary>
    /// <inheritdoc cref="Pause(TopicPartition)" path="/*[not(self::summary)]"/>
    public void Resume(TopicPartition partition) => Pause(partition, paused: false);

    /// <summary>
    /// Disposes the consumer, as <see cref="DisposeAsync"/>, and blocks until that is done. It needs no thread of the
    /// pool.
    /// </summary>
    /// <inheritdoc cref="DisposeAsync" path="/exception"/>
    public void Dispose() => CloseAsync(WaitMode.Blocking(_platform.Work)).AsTask().GetAwaiter().GetResult();

    /// <summary>
    /// Ends the reading, with <see cref="ObjectDisposedException"/> for a reader that waits or asks for more; commits
    /// what is finished, if there is a commit interval; and leaves the group. Disposing again does nothing.
    /// </summary>
    /// <exception cref="EmbeddedLogException">
    /// What is finished could not be committed, now or by an interval commit. The consumer is disposed all the same.
    /// </exception>
    public ValueTask DisposeAsync() => CloseAsync(how: default);

    private Func<IReadOnlyList<TopicPartition>, CancellationToken, ValueTask>? Bind(
        Func<IConsumer, IReadOnlyList<TopicPartition>, CancellationToken, ValueTask>? callback) =>
        callback is null
            ? null
            : (partitions, cancellationToken) => callback(this, partitions, cancellationToken);

    private async ValueTask CloseAsync(WaitMode how)
    {
        if (!_reader.TryStop())
        {
            return;
        }

        _users.Remove(_reader);
        try
        {
            await _assignment.TellEndAsync(how).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _isOver, true);
            try
            {
                if (_committer is not null)
                {
                    await _committer.DisposeAsync(how).ConfigureAwait(false);
                }
            }
            finally
            {
                _assignment.Leave();
                _positions.Waits.Wake();
            }
        }
    }

    /// <summary>The topics and the group: <c>page-views, orders (fraud)</c>.</summary>
    public override string ToString()
    {
        string topics = _subscription.IsPattern
            ? _subscription.ToString()
            : string.Join(", ", _subscription.TopicNames);
        return Group is null ? topics : $"{topics} ({Group})";
    }

    /// <summary>Where a record of this consumer's is; null if its partition was let go of since.</summary>
    private PartitionCursor? TryGetCursor(in Record<TKey, TValue> record)
    {
        if (_positions.Assigned.Find(record.TopicPartition) is { } cursor)
        {
            return record.IsOf(cursor.Hold.Epoch) ? cursor : null;
        }

        return _assignment.HadOnce(record.TopicPartition) ? null : _assignment.Get(record.TopicPartition);
    }

    private void Pause(TopicPartition partition, bool paused)
    {
        ThrowIfDisposed();
        _positions.Pause(_assignment.Get(partition), paused);
        _reader.Signal.Wake();
    }

    /// <summary>After a seek: a reader that waits looks again, and an interval commit tells it.</summary>
    private void NoteMoved()
    {
        _committer?.NoteMoved();
        _reader.Signal.Wake();
    }

    private OffsetCommitter RequireGroup()
    {
        ThrowIfDisposed();
        return _committer ?? throw ConsumerErrors.NoGroup(
            _subscription.IsPattern ? [_subscription.ToString()] : _subscription.TopicNames);
    }

    private void ThrowIfDisposed()
    {
        if (Volatile.Read(ref _isOver))
        {
            throw ConsumerErrors.Disposed();
        }
    }
}
