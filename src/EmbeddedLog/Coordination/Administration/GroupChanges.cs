using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Coordination.Administration;

/// <summary>Moves and deletes what groups without members have committed.</summary>
/// <param name="topics">The topics that there are.</param>
/// <param name="time">The clock, for what is so long ago.</param>
/// <param name="offsets">What is committed.</param>
/// <param name="groups">The groups that have members.</param>
internal sealed class GroupChanges(
    ITopicCatalog topics, TimeProvider time, OffsetStore offsets, GroupCoordinator groups)
{
    /// <summary>Moves what a group has committed; returns what changes.</summary>
    /// <param name="group">The group, which need not have committed anything.</param>
    /// <param name="to">Where to.</param>
    /// <param name="asked">The topics whose partitions are moved; null for where the group has committed.</param>
    /// <param name="dryRun">Whether nothing is committed.</param>
    /// <param name="cancellationToken">Ends the waiting for the flush.</param>
    /// <exception cref="GroupActiveException">The group has members.</exception>
    /// <exception cref="UnknownGroupException">It has committed nothing, and no topics are named.</exception>
    public async ValueTask<GroupResetReport> ResetAsync(
        string group, GroupReset to, IReadOnlyList<string>? asked, bool dryRun, CancellationToken cancellationToken)
    {
        // The searches may read from the disk, and come before the gate that lets nobody join.
        var partitions = FindPartitions(group, asked)
            .ToDictionary(each => each.Id, each => (Log: each, each.Truncations));
        PartitionReset[] moves =
            [.. partitions.Values.Select(each => Move(group, to, each.Log)).OfType<PartitionReset>()];
        PartitionCommit[] commits =
        [
            .. moves.Select(move => new PartitionCommit(
                partitions[move.Partition].Log,
                move.After,
                Truncations: partitions[move.Partition].Truncations)),
        ];
        if (!dryRun)
        {
            // What is committed here counts as new, whenever the group was used last.
            offsets.Times.NoteUsed(group);
        }

        offsets.ReadClock();
        long end = groups.WhileEmpty(group, () => dryRun ? 0 : offsets.Commit(group, commits));
        if (!dryRun)
        {
            await offsets.FlushAsync(end, cancellationToken).ConfigureAwait(false);
        }

        return new GroupResetReport(group, dryRun, moves);
    }

    /// <summary>Deletes what a group has committed, in all topics or in one.</summary>
    /// <exception cref="GroupActiveException">The group has members.</exception>
    /// <exception cref="UnknownGroupException">It has committed nothing there.</exception>
    public async ValueTask DeleteAsync(string group, string? topic, CancellationToken cancellationToken)
    {
        offsets.ReadClock();
        IReadOnlyList<TopicPartition> removed = groups.WhileEmpty(group, () => offsets.Remove(group, topic));
        if (removed.Count == 0)
        {
            throw GroupErrors.Unknown(group, [.. offsets.List().Select(commit => commit.Key.Group).Distinct()]);
        }

        await offsets.FlushAsync(offsets.Log.PublishedEnd, cancellationToken).ConfigureAwait(false);
    }

    private IEnumerable<ReadablePartition> FindPartitions(string group, IReadOnlyList<string>? asked)
    {
        if (asked is not null)
        {
            return asked.SelectMany(topic => topics.Find(topic)!);
        }

        IReadOnlyList<KeyValuePair<GroupPartition, OffsetValue>> commits = offsets.List();
        ReadablePartition[] found =
        [
            .. commits.Where(commit => commit.Key.Group == group)
                .OrderBy(commit => commit.Key.Topic, StringComparer.Ordinal).ThenBy(commit => commit.Key.Partition)
                .Select(commit => topics.Find(commit.Key.Topic)?.ElementAtOrDefault(commit.Key.Partition))
                .OfType<ReadablePartition>(),
        ];
        return found.Length > 0
            ? found
            : throw GroupErrors.Unknown(group, [.. commits.Select(commit => commit.Key.Group).Distinct()]);
    }

    private PartitionReset? Move(string group, GroupReset to, ReadablePartition partition)
    {
        long? before = offsets.Effective(group, partition)?.Offset;
        long start = partition.StartOffset;
        long? found = to switch
        {
            { IsLatest: true } => partition.PublishedEnd,
            { Offset: { } offset } => offset,
            { Time: { } at } => Find(partition, at),
            { Ago: { } ago } => Find(partition, time.GetUtcNow() - ago),
            { Shift: { } shift } => (before ?? start) + shift,
            { Other: { } other } => offsets.Effective(other, partition)?.Offset,
            _ => start,
        };
        return found is { } next
            ? new PartitionReset(
                partition.Id, before, Math.Clamp(next, start, Math.Max(start, partition.PublishedEnd)))
            : null;
    }

    private static long Find(ReadablePartition partition, DateTimeOffset at)
    {
        long end = partition.PublishedEnd;
        return TimestampSearch.Find(partition, at.ToUnixTimeMilliseconds()) ?? end;
    }
}
