using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Coordination.State;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Coordination.Offsets;

/// <summary>
/// The offsets that groups have committed: a state by group and partition. All members are safe to call from any
/// thread.
/// </summary>
/// <remarks>
/// <para>
/// A commit stores the partition's epoch beside the offset. When the log is opened, before any append, an offset is
/// lowered to the end of that epoch's records: after a loss of power it must not count lost records, or new records at
/// their offsets. So it is never beyond the durable end, and a lost commit only means that records are read again.
/// </para>
/// <para>
/// In a log that another process owns, the partitions are followed, and the store is in a directory of this process.
/// The owner may recover at any time, so an offset is lowered whenever it is asked for.
/// </para>
/// </remarks>
internal sealed class OffsetStore
{
    /// <summary>The directory of the partition in the log's directory.</summary>
    public const string DirectoryName = OwnNames.Groups;

    /// <summary>The reserved name of the partition's topic.</summary>
    public const string TopicName = "__offsets";

    /// <summary>The size of the partition's segments.</summary>
    public const int SegmentBytes = StateLog<GroupPartition, OffsetValue, OffsetSchema>.SegmentBytes;

    /// <summary>The uid of that topic, the same in every log: the ASCII bytes of "goffsets".</summary>
    public const ulong TopicUid = 0x7374_6573_6666_6F67;

    /// <summary>Its entry in the list of a clean close.</summary>
    public static readonly ClosedTopic Closed = new(TopicUid, DirectoryName);

    private readonly StateLog<GroupPartition, OffsetValue, OffsetSchema> _state;

    /// <summary>The topics that were deleted since the log was opened. Under the state's gate.</summary>
    private readonly HashSet<ulong> _forgotten = [];

    /// <summary>A logger for use under a lock.</summary>
    private readonly ILogger _loggerUnderLock;

    private OffsetStore(StateLog<GroupPartition, OffsetValue, OffsetSchema> state, ILogger loggerUnderLock)
    {
        _state = state;
        _loggerUnderLock = loggerUnderLock;
        Times = new GroupTimes(state, loggerUnderLock);
    }

    /// <summary>The partition that holds the commits.</summary>
    public PartitionLog Log => _state.Log;

    /// <summary>Since when groups are empty.</summary>
    public GroupTimes Times { get; }

    /// <summary>How many offsets are committed.</summary>
    public int Count
    {
        get
        {
            lock (_state.Gate)
            {
                return _state.KeysUnsynchronized.Count(key => key.IsOffset);
            }
        }
    }

    /// <summary>Opens the committed offsets of a log, or makes an empty set of them.</summary>
    /// <param name="factory">Opens the partition that holds them.</param>
    /// <param name="segments">The objects that all segments share.</param>
    /// <param name="logger">Logs lowered offsets and failures.</param>
    /// <param name="directory">The directory of the log that this process owns, or else of the offsets.</param>
    /// <param name="partitions">The partitions of all topics: open, with nothing appended yet, or followed.</param>
    /// <exception cref="CorruptLogException">There is damage that no crash can explain.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version wrote it.</exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public static OffsetStore Open(
        PartitionFactory factory,
        SegmentResources segments,
        ILogger logger,
        string directory,
        IEnumerable<ReadablePartition> partitions)
    {
        var state = StateLog<GroupPartition, OffsetValue, OffsetSchema>.Open(
            factory, segments.Platform, logger, Path.Combine(directory, DirectoryName));
        try
        {
            OffsetLoading.Settle(state, partitions, logger);
            return new OffsetStore(state, segments.LoggerUnderLock);
        }
        catch
        {
            state.Abandon();
            throw;
        }
    }

    /// <summary>What a group has committed last in a partition, or null; perhaps records that are lost.</summary>
    public OffsetValue? Stored(string group, ReadablePartition partition)
    {
        lock (_state.Gate)
        {
            return _state.TryGetUnsynchronized(Key(group, partition), out OffsetValue value) ? value : null;
        }
    }

    /// <summary>What counts as committed by a group in a partition, or null.</summary>
    /// <exception cref="EmbeddedLogException">The partition is followed, and its end cannot be told.</exception>
    public OffsetValue? Effective(string group, ReadablePartition partition)
    {
        OffsetValue? stored = Stored(group, partition);
        if (stored is not { } value || !partition.IsFollowed)
        {
            // Those of a log that this process owns were lowered when it was opened.
            return stored;
        }

        // Not under the gate, for this may read the partition's files.
        if (!OffsetLoading.TryLower(value, partition, out OffsetValue lower))
        {
            return value;
        }

        lock (_state.Gate)
        {
            GroupPartition key = Key(group, partition);
            if (!_state.TryGetUnsynchronized(key, out OffsetValue now) || now != value)
            {
                // Deleted, or committed anew: by who has seen the same.
                return lower;
            }

            _state.AmendUnsynchronized(key, lower);
        }

        GroupsLog.LoweredAll(_loggerUnderLock, 1, group, partition.Id, value.Offset, lower.Offset);
        return lower;
    }

    /// <summary>
    /// The same, or what is stored if a followed partition cannot tell how much of it counts: with its epoch then.
    /// </summary>
    public OffsetValue? Find(string group, ReadablePartition partition, out uint? uncheckedEpoch)
    {
        uncheckedEpoch = null;
        try
        {
            return Effective(group, partition);
        }
        catch (EmbeddedLogException) when (partition.IsFollowed)
        {
            // The reads of this partition tell the trouble; the others go on.
            OffsetValue? stored = Stored(group, partition);
            uncheckedEpoch = stored?.Epoch;
            return stored;
        }
    }

    /// <summary>All that is committed at one moment.</summary>
    public IReadOnlyList<KeyValuePair<GroupPartition, OffsetValue>> List()
    {
        lock (_state.Gate)
        {
            List<KeyValuePair<GroupPartition, OffsetValue>> all = new(_state.KeysUnsynchronized.Count);
            foreach (GroupPartition key in _state.KeysUnsynchronized)
            {
                if (key.IsOffset && _state.TryGetUnsynchronized(key, out OffsetValue value))
                {
                    all.Add(new(key, value));
                }
            }

            return all;
        }
    }

    /// <summary>
    /// Removes what a group has committed, in all topics or in one; returns in which partitions.
    /// <see cref="ReadClock"/> comes before.
    /// </summary>
    /// <exception cref="DiskFullException">There is no space: the next opening finds it again.</exception>
    public IReadOnlyList<TopicPartition> Remove(string group, string? topic)
    {
        lock (_state.Gate)
        {
            GroupPartition[] removed =
            [
                .. _state.KeysUnsynchronized.Where(
                    key => key.Group == group && (topic is null || key.Topic == topic)),
            ];
            _state.RemoveUnsynchronized(removed);
            return
            [
                .. removed.Where(key => key.IsOffset).Select(key => new TopicPartition(key.Topic, key.Partition))
                    .OrderBy(each => each.Topic, StringComparer.Ordinal).ThenBy(each => each.Partition),
            ];
        }
    }

    /// <summary>
    /// Reads the clock for the commits that follow. A committing thread calls this first, before it takes any lock.
    /// </summary>
    public void ReadClock() => _state.ReadClock();

    /// <summary>Ends assignments: what was committed under them stands, and nothing more is.</summary>
    public void End(IReadOnlyList<PartitionHold> holds)
    {
        lock (_state.Gate)
        {
            foreach (PartitionHold hold in holds)
            {
                hold.End();
            }
        }
    }

    /// <summary>Commits one offset; when it returns, the commit is <see cref="Durability.Written"/>.</summary>
    /// <returns>
    /// The argument of <see cref="FlushAsync"/> that makes the commit <see cref="Durability.Flushed"/>; null where the
    /// assignment is over, and nothing was committed.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative, or beyond the partition's end.</exception>
    /// <exception cref="UnknownTopicException">The topic was deleted.</exception>
    /// <exception cref="LogTruncatedException">Records below the offset were taken back.</exception>
    public long? Commit(string group, in PartitionCommit commit)
    {
        lock (_state.Gate)
        {
            if (commit.Hold is { IsOver: true })
            {
                return null;
            }

            OffsetValue value = CheckedUnsynchronized(commit, out long to);
            return to >= commit.Offset
                ? _state.SetUnsynchronized(Key(group, commit.Partition), value)
                : throw PartitionErrors.Truncated(commit.Partition.Id, to, commit.Offset);
        }
    }

    /// <summary>
    /// Commits several offsets, otherwise as for one, but those for topics that were deleted, or whose assignments are
    /// over, which are left out, and those behind records that were taken back, which are lowered. All or none of them,
    /// unless they are so many that they take more than one batch.
    /// </summary>
    public long Commit(string group, IReadOnlyList<PartitionCommit> commits)
    {
        List<KeyValuePair<GroupPartition, OffsetValue>> changes = new(commits.Count);
        lock (_state.Gate)
        {
            foreach (PartitionCommit commit in commits)
            {
                if (IsForgottenUnsynchronized(commit.Partition) || commit.Hold is { IsOver: true })
                {
                    continue;
                }

                changes.Add(new(Key(group, commit.Partition), LoweredUnsynchronized(commit)));
            }

            return _state.SetUnsynchronized(changes);
        }
    }

    /// <summary>Waits until commits are <see cref="Durability.Flushed"/>.</summary>
    public ValueTask FlushAsync(long upTo, CancellationToken cancellationToken) =>
        _state.FlushAsync(upTo, cancellationToken);

    /// <summary>The same for a commit that no user waits for.</summary>
    public ValueTask FlushOwnAsync(long upTo, WaitMode how) => _state.FlushOwnAsync(upTo, how);

    /// <summary>
    /// Removes all commits of a deleted topic, and refuses later ones. This cannot fail: if a record cannot be written,
    /// the next opening drops the commit, because the topic's uid is gone.
    /// </summary>
    public void ForgetTopic(ulong topicUid)
    {
        ReadClock();
        lock (_state.Gate)
        {
            _forgotten.Add(topicUid);
            try
            {
                _state.RemoveUnsynchronized([.. _state.KeysUnsynchronized.Where(key => key.TopicUid == topicUid)]);
            }
            catch (Exception failure) when (failure is IOException or EmbeddedLogException or ObjectDisposedException)
            {
                GroupsLog.NotForgotten(_loggerUnderLock, failure);
            }
        }
    }

    /// <summary>Closes everything after a failed opening.</summary>
    public void Abandon() => _state.Abandon();

    /// <summary>Flushes and closes; true if everything is on the disk and marked so.</summary>
    public ValueTask<bool> CloseAsync(WaitMode how = default) => _state.CloseAsync(how);

    private static GroupPartition Key(string group, ReadablePartition partition) =>
        new(group, partition.Id.Topic, partition.TopicUid, partition.Id.Partition);

    /// <summary>
    /// The value of a commit that may be made, and the offset from which on records were taken back since it was known
    /// to be right.
    /// </summary>
    private OffsetValue CheckedUnsynchronized(in PartitionCommit commit, out long to)
    {
        ReadablePartition partition = commit.Partition;

        // The look that this may be comes first, and the epoch before the truncations: see EpochBelow.
        bool isBeyond = commit.Offset > partition.KnownEnd && commit.Offset > partition.PublishedEnd;
        OffsetValue value = ValueOf(commit);
        to = partition.TruncatedTo(commit.Truncations);
        if (commit.Offset < 0 || (isBeyond && to >= commit.Offset))
        {
            throw OffsetErrors.BeyondEnd(partition, commit.Offset);
        }

        return IsForgottenUnsynchronized(partition) ? throw OffsetErrors.Deleted(partition.Id.Topic) : value;
    }

    /// <summary>The value of a commit of records that may have been taken back.</summary>
    private OffsetValue LoweredUnsynchronized(in PartitionCommit commit)
    {
        OffsetValue value = CheckedUnsynchronized(commit, out long to);
        while (to < value.Offset)
        {
            // More may be taken back while the epoch is looked up.
            value = ValueOf(commit with { Offset = to });
            to = commit.Partition.TruncatedTo(commit.Truncations);
        }

        return value;
    }

    private bool IsForgottenUnsynchronized(ReadablePartition partition) =>
        partition.IsGone || _forgotten.Contains(partition.TopicUid);

    private OffsetValue ValueOf(in PartitionCommit commit) =>
        new(commit.Offset, commit.Partition.EpochBelow(commit.Offset), _state.Now, commit.Metadata);
}
