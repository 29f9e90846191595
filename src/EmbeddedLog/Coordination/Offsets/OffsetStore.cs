using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;


namespace EmbeddedLog.Coordination.Offsets;

/// <summary>
/// The offsets that groups have committed, in a partition of the log's own and, as a whole, in memory. All members are
/// safe to call from any thread.
/// </summary>
/// <remarks>
/// A commit stores the partition's epoch beside the offset. When the log is opened, before anything is appended, an
/// offset is lowered to where the records of that epoch end: after a loss of power it must not count records that are
/// gone, nor others that were given their offsets later. So it never lies behind what is durable, and a commit that is
/// lost only means that records are read again.
/// </remarks>
internal sealed class OffsetStore
{
    /// <summary>The directory of the partition in the log's own.</summary>
    public const string DirectoryName = OwnNames.Groups;

    /// <summary>The name of the topic that the partition belongs to; a reserved one.</summary>
    public const string TopicName = "__offsets";

    /// <summary>The uid of that topic, the same in every log: the ASCII bytes of "goffsets".</summary>
    public const ulong TopicUid = 0x7374_6573_6666_6F67;

    /// <summary>Where it is, for the list that a clean close leaves.</summary>
    public static readonly ClosedTopic Closed = new(TopicUid, DirectoryName);

    private const int SegmentBytes = 1 << 20;

    /// <summary>
    /// A batch is appended once it has this many bytes, so that a snapshot keeps commits waiting briefly.
    /// </summary>
    private const int MaxBatchBytes = 64 << 10;

    /// <summary>Values up to this size are encoded on the stack, which is all without long metadata.</summary>
    private const int MaxStackBytes = 256;

    private readonly PartitionLog _log;
    private readonly CommitTime _time;
    private readonly AppendClock _clock;

    /// <summary>Where that is told which is found under a lock.</summary>
    private readonly ILogger _loggerUnderLock;

    private readonly OffsetCompaction _compaction;
    private readonly Lock _gate = new();

    /// <summary>Everything that counts. Under the gate, as all below.</summary>
    private readonly Dictionary<GroupPartition, CommittedEntry> _entries;

    /// <summary>The topics that were deleted since the log was opened.</summary>
    private readonly HashSet<ulong> _forgotten = [];

    private readonly RecordBatch _batch = new();

    private OffsetStore(
        PartitionLog log,
        CommitTime time,
        AppendClock clock,
        SegmentResources segments,
        ILogger logger,
        Dictionary<GroupPartition, CommittedEntry> entries)
    {
        _clock = clock;
        _loggerUnderLock = segments.LoggerUnderLock;
        _log = log;
        _time = time;
        _entries = entries;
        _compaction = new OffsetCompaction(this, log, segments.Platform.Work, logger);
    }

    /// <summary>The partition that holds the commits.</summary>
    public PartitionLog Log => _log;

    /// <summary>How many offsets are committed.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Opens the committed offsets of a log, or makes an empty set of them.</summary>
    /// <param name="factory">Opens the partition that holds them.</param>
    /// <param name="segments">What all segments use.</param>
    /// <param name="logger">Where it is told what was lowered and what failed.</param>
    /// <param name="logDirectory">The log's directory.</param>
    /// <param name="partitions">The partitions of all topics, open, with nothing appended yet.</param>
    /// <exception cref="CorruptLogException">Something is damaged that no crash can have damaged.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version wrote it.</exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public static OffsetStore Open(
        PartitionFactory factory,
        SegmentResources segments,
        ILogger logger,
        string logDirectory,
        IEnumerable<PartitionLog> partitions)
    {
        FileSystem files = segments.Platform.Files;
        string directory = Path.Combine(logDirectory, DirectoryName);
        if (!files.DirectoryExists(directory))
        {
            files.CreateDirectory(directory);
            files.SyncDirectory(logDirectory);
        }

        CommitTime time = new(new AppendClock(segments.Platform.Time));
        AppendClock clock = new(time);
        PartitionIdentity identity = new(new TopicPartition(TopicName, 0), TopicUid, directory);
        PartitionSettings settings = Settings(files.GetTraits(directory));
        PartitionLog log = factory.OpenForAppendsUnderLocks(identity, settings, clock);
        try
        {
            return new OffsetStore(
                log, time, clock, segments, logger, OffsetLoading.Load(log, partitions, logger));
        }
        catch
        {
            log.Abandon();
            throw;
        }
    }

    /// <summary>What counts as committed by a group in a partition, or null.</summary>
    public CommittedOffset? Effective(string group, PartitionLog partition)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(Key(group, partition), out CommittedEntry? entry)
                ? entry.Value.ToPublic()
                : null;
        }
    }

    /// <summary>
    /// Reads the clock for the commits that follow: whoever commits does so first, before it takes any lock.
    /// </summary>
    public void ReadClock() => _time.Read();

    /// <summary>Commits one offset; when it returns, the commit is <see cref="Durability.Written"/>.</summary>
    /// <returns>
    /// What to hand to <see cref="FlushAsync"/> for the commit to be <see cref="Durability.Flushed"/>.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative, or beyond the partition's end.</exception>
    /// <exception cref="UnknownTopicException">The topic was deleted.</exception>
    public long Commit(string group, in PartitionCommit commit)
    {
        lock (_gate)
        {
            CommittedEntry entry = FindUnsynchronized(group, commit);
            OffsetValue value = ValueOf(commit);
            int length = OffsetCodec.MeasureValue(value);
            Span<byte> bytes = length <= MaxStackBytes ? stackalloc byte[length] : new byte[length];
            OffsetCodec.EncodeValue(value, bytes);
            long offset = _log.Append(new RawRecord(entry.Key, bytes), out _);
            SetUnsynchronized(group, commit, entry, value);
            _compaction.StartIfDue(_entries.Count);
            return offset + 1;
        }
    }

    /// <summary>
    /// Commits several offsets, otherwise as for one. All or none of them, unless they are so many that they take more
    /// than one batch.
    /// </summary>
    public long Commit(string group, IReadOnlyList<PartitionCommit> commits)
    {
        List<(CommittedEntry Entry, OffsetValue Value)> changes = new(commits.Count);
        lock (_gate)
        {
            foreach (PartitionCommit commit in commits)
            {
                changes.Add((FindUnsynchronized(group, commit), ValueOf(commit)));
            }

            long end = _log.PublishedEnd;
            for (int i = 0, first = 0; i < changes.Count; i++)
            {
                AddToBatchUnsynchronized(changes[i].Entry.Key, changes[i].Value);
                if (_batch.Bytes < MaxBatchBytes && i < changes.Count - 1)
                {
                    continue;
                }

                end = AppendBatchUnsynchronized();
                for (; first <= i; first++)
                {
                    SetUnsynchronized(group, commits[first], changes[first].Entry, changes[first].Value);
                }
            }

            _compaction.StartIfDue(_entries.Count);
            return end;
        }
    }

    /// <summary>Waits until commits are <see cref="Durability.Flushed"/>.</summary>
    public ValueTask FlushAsync(long upTo, CancellationToken cancellationToken) =>
        _log.FlushAsync(upTo, cancellationToken);

    /// <summary>The same for a commit that no user waits for.</summary>
    public ValueTask FlushOwnAsync(long upTo, WaitMode how)
    {
        if (!how.Blocks)
        {
            return _log.FlushAssuredAsync(upTo, CancellationToken.None);
        }

        _log.Flush(upTo);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Removes what all groups have committed for a topic that was deleted, and refuses what they may still want to.
    /// That cannot fail: a record that is missing is made up for by the next opening, which does not find the topic's
    /// uid.
    /// </summary>
    public void ForgetTopic(ulong topicUid)
    {
        ReadClock();
        lock (_gate)
        {
            _forgotten.Add(topicUid);
            List<byte[]> keys = [];
            foreach ((GroupPartition key, CommittedEntry entry) in _entries)
            {
                if (key.TopicUid == topicUid)
                {
                    entry.IsForgotten = true;
                    _entries.Remove(key);
                    keys.Add(entry.Key);
                }
            }

            try
            {
                AppendTombstonesUnsynchronized(keys);
            }
            catch (Exception failure) when (failure is IOException or EmbeddedLogException or ObjectDisposedException)
            {
                GroupsLog.NotForgotten(_loggerUnderLock, failure);
            }
        }
    }

    /// <summary>Flushes and closes; true where everything is on the disk and told so.</summary>
    public async ValueTask<bool> CloseAsync(WaitMode how = default)
    {
        ClosingSteps steps = new();
        bool clean = false;
        await steps.DoAsync(() => how.For(_compaction.StopAsync())).ConfigureAwait(false);
        await steps.DoAsync(async () => clean = await _log.CloseAsync(how).ConfigureAwait(false)).ConfigureAwait(false);
        steps.ThrowIfAny();
        return clean;
    }

    /// <summary>Appends everything that counts once more; returns the offset from which on that is complete.</summary>
    public long AppendSnapshot()
    {
        CommittedEntry[] entries;
        long first;
        ReadClock();
        lock (_gate)
        {
            first = _log.PublishedEnd;
            entries = [.. _entries.Values];
        }

        // What is committed from here on is behind the first offset by itself. Each batch is made of what its entries
        // hold at that moment, under the gate that commits take, so that it never puts an older commit behind a newer.
        int next = 0;
        while (next < entries.Length)
        {
            lock (_gate)
            {
                while (next < entries.Length && _batch.Bytes < MaxBatchBytes)
                {
                    CommittedEntry entry = entries[next++];
                    if (!entry.IsForgotten)
                    {
                        AddToBatchUnsynchronized(entry.Key, entry.Value);
                    }
                }

                AppendBatchUnsynchronized();
            }
        }

        return first;
    }

    private static PartitionSettings Settings(FileSystemTraits traits) => new(
        SegmentBytes,
        SegmentAgeMilliseconds: long.MaxValue,
        MaxRecordBytes: SegmentBytes - TopicOptions.SegmentReserveBytes,
        FlushInterval: TimeSpan.FromSeconds(1),
        AppendTime: true,
        MaxAheadMilliseconds: long.MaxValue,
        RetentionPolicy.KeepForever,
        Positional: traits is not { CanAllocate: true, MappedStoresAreSafe: true });

    private static GroupPartition Key(string group, PartitionLog partition) =>
        new(group, partition.Id.Topic, partition.TopicUid, partition.Id.Partition);

    /// <summary>
    /// The entry of a commit that may be made; it is not in the dictionary yet where it is the first.
    /// </summary>
    private CommittedEntry FindUnsynchronized(string group, in PartitionCommit commit)
    {
        PartitionLog partition = commit.Partition;
        if (commit.Offset < 0 || commit.Offset > partition.PublishedEnd)
        {
            throw GroupErrors.BeyondEnd(partition, commit.Offset);
        }

        if (_forgotten.Contains(partition.TopicUid))
        {
            throw GroupErrors.Deleted(partition.Id.Topic);
        }

        GroupPartition key = Key(group, partition);
        return _entries.TryGetValue(key, out CommittedEntry? entry)
            ? entry
            : new CommittedEntry(OffsetCodec.EncodeKey(key));
    }

    private void SetUnsynchronized(string group, in PartitionCommit commit, CommittedEntry entry, in OffsetValue value)
    {
        if (entry.IsNew)
        {
            _entries[Key(group, commit.Partition)] = entry;
        }

        entry.Value = value;
    }

    /// <summary>
    /// The epoch is the partition's own of now, whatever record the offset stands at: everything below the offset was
    /// there when the epoch began, durably, or was appended in it.
    /// </summary>
    private OffsetValue ValueOf(in PartitionCommit commit) => new(
        commit.Offset,
        commit.Partition.Epoch,
        _clock.Now,
        commit.Metadata);

    private void AddToBatchUnsynchronized(byte[] key, in OffsetValue value)
    {
        int length = OffsetCodec.MeasureValue(value);
        Span<byte> bytes = length <= MaxStackBytes ? stackalloc byte[length] : new byte[length];
        OffsetCodec.EncodeValue(value, bytes);
        _batch.Add(new RawRecord(key, bytes));
    }

    private void AppendTombstonesUnsynchronized(List<byte[]> keys)
    {
        foreach (byte[] key in keys)
        {
            _batch.Add(RawRecord.Tombstone(key));
            if (_batch.Bytes >= MaxBatchBytes)
            {
                AppendBatchUnsynchronized();
            }
        }

        AppendBatchUnsynchronized();
    }

    /// <summary>Appends and clears the batch, also when it fails; returns the end of the log behind it.</summary>
    private long AppendBatchUnsynchronized()
    {
        try
        {
            return _batch.Count == 0 ? _log.PublishedEnd : _log.Append(_batch, out _) + _batch.Count;
        }
        finally
        {
            _batch.Clear();
        }
    }
}
