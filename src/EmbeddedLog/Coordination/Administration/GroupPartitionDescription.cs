namespace EmbeddedLog;

/// <summary>How far a group is in one partition, at one moment.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Committed">What the group has committed; null for nothing.</param>
/// <param name="EndOffset">The offset of the next record to be appended; -1 if it is not known.</param>
/// <param name="Lag">
/// The number of offsets from the committed one, or from the first record if nothing is committed, to the end; -1 if it
/// is not known.
/// </param>
/// <param name="LagTime">
/// How long ago the first of those records was made, by its timestamp; zero if there is none, and null if it cannot be
/// read.
/// </param>
/// <param name="Member">The member that has the partition; null if none has it.</param>
/// <param name="Failure">Why the partition cannot tell where it ends; null if it can.</param>
public sealed record GroupPartitionDescription(
    TopicPartition Partition,
    CommittedOffset? Committed,
    long EndOffset,
    long Lag,
    TimeSpan? LagTime,
    GroupMemberDescription? Member,
    Exception? Failure);
