namespace EmbeddedLog;

/// <summary>
/// A group as of one moment, as <see cref="ILogReader.DescribeGroupAsync"/> gives it. Later changes of the group do not
/// change it.
/// </summary>
public sealed class GroupDescription
{
    /// <summary>The group's name.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Whether the log that describes the group keeps what it commits: always in a <see cref="CommitLog"/>. A
    /// <see cref="ReadOnlyLog"/> also describes the groups of the log's owner, which only the owner can change.
    /// </summary>
    public required bool IsOwn { get; init; }

    /// <summary>What the group is doing.</summary>
    public required GroupState State { get; init; }

    /// <summary>How its partitions are shared; null without members.</summary>
    public required GroupAssignor? Assignor { get; init; }

    /// <summary>
    /// Grows whenever a member joins or leaves, or a topic or a partition comes or goes; zero without members.
    /// </summary>
    public required int Epoch { get; init; }

    /// <summary>
    /// The members in the order in which they joined. None of a group that is not <see cref="IsOwn"/>: the owner of the
    /// log does not tell them to others.
    /// </summary>
    public required IReadOnlyList<GroupMemberDescription> Members { get; init; }

    /// <summary>
    /// The partitions in which the group has committed or that a member has, by topic and number. Those of deleted
    /// topics are left out.
    /// </summary>
    public required IReadOnlyList<GroupPartitionDescription> Partitions { get; init; }

    /// <summary>The lag in all partitions in which it is known.</summary>
    public long Lag => Partitions.Sum(partition => Math.Max(0, partition.Lag));

    /// <summary>The longest lag in time of a partition; null where none is known.</summary>
    public TimeSpan? LagTime => Partitions.Max(partition => partition.LagTime);

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
