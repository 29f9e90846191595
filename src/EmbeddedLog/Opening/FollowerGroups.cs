using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Coordination.Administration;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Coordination.Offsets;
using Commits = System.Collections.Generic.IReadOnlyList<
    System.Collections.Generic.KeyValuePair<
        EmbeddedLog.Coordination.Offsets.GroupPartition, EmbeddedLog.Coordination.Offsets.OffsetValue>>;

namespace EmbeddedLog.Opening;

/// <summary>
/// The groups of a log that another process owns: those of the owner, which are only shown, and those of this process,
/// if it has a directory for what they commit. Where both have a group of one name, the own one is shown.
/// </summary>
internal sealed class FollowerGroups
{
    private readonly ITopicCatalog _topics;
    private readonly OffsetsDirectory? _directory;
    private readonly GroupDescriptions _ofOwner;
    private readonly GroupDescriptions? _own;
    private readonly GroupChanges? _changes;

    /// <param name="topics">The topics that are known.</param>
    /// <param name="parts">The parts of the log.</param>
    /// <param name="listOwners">What the owner's groups have committed, as of now.</param>
    /// <param name="directory">What the own groups commit; null if there are none.</param>
    /// <param name="retention">How long that is kept of a group without consumers.</param>
    public FollowerGroups(
        ITopicCatalog topics,
        LogParts parts,
        Func<Commits> listOwners,
        OffsetsDirectory? directory,
        TimeSpan retention)
    {
        _topics = topics;
        _directory = directory;
        Offsets = directory?.Offsets;
        Coordinator = new GroupCoordinator(
            topics,
            directory is null ? EndAll : directory.Offsets.End,
            parts.Platform,
            parts.Logger,
            directory is null ? null : directory.Offsets.Times.NoteUsed);
        _ofOwner = new GroupDescriptions(topics, parts.Platform.Time, listOwners, members: null);
        if (Offsets is { } offsets)
        {
            _own = new GroupDescriptions(topics, parts.Platform.Time, () => ListOwn(offsets), Coordinator);
            _changes = new GroupChanges(topics, parts.Platform.Time, offsets, Coordinator);
            new OffsetExpiry(
                offsets, Coordinator, directory!.Background, parts.Platform.Time, retention, parts.Logger).Start();
        }
    }

    /// <summary>The members of the own groups, and the consumers without one.</summary>
    public GroupCoordinator Coordinator { get; }

    /// <summary>What the own groups have committed; null if there are none.</summary>
    public OffsetStore? Offsets { get; }

    /// <summary>The names of all groups, in ordinal order.</summary>
    public IReadOnlyList<string> List() =>
    [
        .. _ofOwner.List().Concat(_own?.List() ?? []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    /// <summary>Describes a group.</summary>
    /// <exception cref="UnknownGroupException">There is none of that name.</exception>
    public GroupDescription Describe(string group) => _own?.List().Contains(group, StringComparer.Ordinal) == true
        ? _own.Describe(group)
        : _ofOwner.Describe(group);

    /// <summary>Moves what an own group has committed.</summary>
    /// <inheritdoc cref="GroupChanges.ResetAsync"/>
    public ValueTask<GroupResetReport> ResetAsync(
        string group, GroupReset to, IReadOnlyList<string>? asked, bool dryRun, CancellationToken cancellationToken)
    {
        GroupChanges changes = RequireOwn(asked is null ? group : null);
        return changes.ResetAsync(group, to, asked, dryRun, cancellationToken);
    }

    /// <summary>Deletes what an own group has committed.</summary>
    /// <inheritdoc cref="GroupChanges.DeleteAsync"/>
    public ValueTask DeleteAsync(string group, string? topic, CancellationToken cancellationToken) =>
        RequireOwn(group).DeleteAsync(group, topic, cancellationToken);

    /// <summary>Tells the groups of topics and partitions that were made, and of topics that were deleted.</summary>
    /// <param name="known">The topics that were known.</param>
    /// <param name="now">Those that there are now.</param>
    public void RefreshTopics(
        SortedDictionary<string, ReadOnlyTopic> known, SortedDictionary<string, ReadOnlyTopic> now)
    {
        if (Offsets is { } offsets)
        {
            HashSet<ulong> left = [.. now.Values.Select(topic => topic.Stored.Uid)];
            foreach (ulong gone in known.Values.Select(topic => topic.Stored.Uid).Where(uid => !left.Contains(uid)))
            {
                offsets.ForgetTopic(gone);
            }
        }

        Coordinator.RefreshTopics();
    }

    /// <summary>Closes the directory, if there is one.</summary>
    public async ValueTask CloseAsync(ClosingSteps steps, WaitMode how)
    {
        steps.Do(Coordinator.Dispose);
        if (_directory is not null)
        {
            await steps.DoAsync(() => _directory.CloseAsync(steps, how)).ConfigureAwait(false);
        }
    }

    private static void EndAll(IReadOnlyList<PartitionHold> holds)
    {
        foreach (PartitionHold hold in holds)
        {
            hold.End();
        }
    }

    /// <param name="group">The group that must be an own one; null if it may be new.</param>
    private GroupChanges RequireOwn(string? group)
    {
        if (_changes is null)
        {
            throw GroupErrors.NoneHere();
        }

        return group is not null && !_own!.List().Contains(group, StringComparer.Ordinal)
            && _ofOwner.List().Contains(group, StringComparer.Ordinal)
                ? throw GroupErrors.OfOwner(group)
                : _changes;
    }

    /// <summary>What counts as committed, of the topics that there are.</summary>
    private List<KeyValuePair<GroupPartition, OffsetValue>> ListOwn(OffsetStore offsets)
    {
        List<KeyValuePair<GroupPartition, OffsetValue>> own = [];
        foreach ((GroupPartition key, OffsetValue stored) in offsets.List())
        {
            if (_topics.Find(key.Topic) is not { } partitions || key.Partition >= partitions.Count
                || partitions[key.Partition].TopicUid != key.TopicUid)
            {
                continue;
            }

            // If it cannot be told how much of it counts, the description tells the partition's trouble.
            own.Add(new(key, offsets.Find(key.Group, partitions[key.Partition], out _) ?? stored));
        }

        return own;
    }
}
