namespace EmbeddedLog.Consuming.Membership;

/// <summary>What a consumer's user is told of its assignment; null where it does not want to be.</summary>
/// <param name="Assigned">Partitions were assigned.</param>
/// <param name="Revoked">Partitions are about to be given up.</param>
/// <param name="Lost">Partitions were taken away.</param>
internal sealed record AssignmentCallbacks(
    Func<IReadOnlyList<TopicPartition>, CancellationToken, ValueTask>? Assigned,
    Func<IReadOnlyList<TopicPartition>, CancellationToken, ValueTask>? Revoked,
    Func<IReadOnlyList<TopicPartition>, CancellationToken, ValueTask>? Lost);
