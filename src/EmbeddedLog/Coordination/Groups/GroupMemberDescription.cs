namespace EmbeddedLog;

/// <summary>A member of a group at one moment.</summary>
/// <param name="Id">Its number: in one open log, later members have higher ones.</param>
/// <param name="ClientName">What <see cref="ConsumerOptions"/> call it.</param>
/// <param name="Assignment">The partitions that it has, by topic and number.</param>
public sealed record GroupMemberDescription(
    long Id, string ClientName, IReadOnlyList<TopicPartition> Assignment);
