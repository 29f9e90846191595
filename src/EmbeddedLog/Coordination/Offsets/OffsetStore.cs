using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Coordination.State;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Coordination.Offsets;

/// <summary>
/// The offsets that groups have committed: a state by group and partition. All members are safe to call from any
/// thread.
/// </summary>
/// <remarks>
/// A commit stores the partition's epoch beside the offset. When the log is opened, before any append, an offset is
/// lowered to the end of that epoch's records: after a loss of power it must not count lost records, or new records at
/// their offsets. So it is never beyond the durable end, and a lost commit only means that records are read again.
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
    }

    /// <summary>The partition that holds the commits.</summary>
    public PartitionLog Log => _state.Log;

    /// <summary>How many offsets are committed.</summary>
    public int Count => _state.Count;

    /// <summary>Opens the committed offsets of a log, or makes an empty set of them.</summary>
    /// <param name="factory">Opens the partition that holds them.</param>
    /// <param name="segments">The objects that all segments share.</param>
    /// <param name="logger">Logs lowered offsets and failures.</param>
    /// <param name="logDirectory">The log's directory.</param>
    /// <param name="partitions">The partitions of all topics, open, with nothing appended yet.</param>
    /// <exception cref="CorruptLogException">There is damage that no crash can explain.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version wrote it.</exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public static OffsetStore Open(
        PartitionFactory factory,
        SegmentResources segments,
        ILogger logger,
        string logDirectory,
        IEnumerable<PartitionLog> partitions)
    {
        var state = StateLog<GroupPartition, OffsetValue, OffsetSchema>.Open(
            factory, segments.Platform, logger, Path.Combine(logDirectory, DirectoryName));
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

    /// <summary>What counts as committed by a group in a partition, or null.</summary>
    public OffsetValue? Effective(string group, PartitionLog partition)
    {
        lock (_state.Gate)
        {
            return _state.TryGetUnsynchronized(Key(group, partition), out OffsetValue value) ? value : null;
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
                if (_state.TryGetUnsynchronized(key, out OffsetValue value))
                {
                    all.Add(new(key, value));
                }
            }

            return all;
        }
    }

    /// <summary>Removes what a group has committed, in all topics or in one; returns in how many partitions.</summary>
    /// <exception cref="DiskFullException">There is no space: the next opening finds it again.</exception>
    public int Remove(string group, string? topic)
    {
        ReadClock();
        lock (_state.Gate)
        {
            GroupPartition[] removed =
            [
                .. _state.KeysUnsynchronized.Where(
                    key => key.Group == group && (topic is null || key.Topic == topic)),
            ];
            _state.RemoveUnsynchronized(removed);
            return removed.Length;
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
    public long? Commit(string group, in PartitionCommit commit)
    {
        lock (_state.Gate)
        {
            if (commit.Hold is { IsOver: true })
            {
                return null;
            }

            CheckUnsynchronized(commit);
            return _state.SetUnsynchronized(Key(group, commit.Partition), ValueOf(commit));
        }
    }

    /// <summary>
    /// Commits several offsets, otherwise as for one, but those for topics that were deleted, or whose assignments are
    /// over, which are left out. All or none of them, unless they are so many that they take more than one batch.
    /// </summary>
    public long Commit(string group, IReadOnlyList<PartitionCommit> commits)
    {
        List<KeyValuePair<GroupPartition, OffsetValue>> changes = new(commits.Count);
        lock (_state.Gate)
        {
            foreach (PartitionCommit commit in commits)
            {
                if (_forgotten.Contains(commit.Partition.TopicUid) || commit.Hold is { IsOver: true })
                {
                    continue;
                }

                CheckUnsynchronized(commit);
                changes.Add(new(Key(group, commit.Partition), ValueOf(commit)));
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

    /// <summary>Flushes and closes; true if everything is on the disk and marked so.</summary>
    public ValueTask<bool> CloseAsync(WaitMode how = default) => _state.CloseAsync(how);

    private static GroupPartition Key(string group, PartitionLog partition) =>
        new(group, partition.Id.Topic, partition.TopicUid, partition.Id.Partition);

    private void CheckUnsynchronized(in PartitionCommit commit)
    {
        PartitionLog partition = commit.Partition;
        if (commit.Offset < 0 || commit.Offset > partition.PublishedEnd)
        {
            throw OffsetErrors.BeyondEnd(partition, commit.Offset);
        }

        if (_forgotten.Contains(partition.TopicUid))
        {
            throw OffsetErrors.Deleted(partition.Id.Topic);
        }
    }

    /// <summary>
    /// The partition's present epoch, whatever the record at the offset: all records below were durable when the epoch
    /// began, or were appended in it.
    /// </summary>
    private OffsetValue ValueOf(in PartitionCommit commit) =>
        new(commit.Offset, commit.Partition.Epoch, _state.Now, commit.Metadata);
}
