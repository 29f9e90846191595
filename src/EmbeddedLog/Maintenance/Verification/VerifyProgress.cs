namespace EmbeddedLog;

/// <summary>How far <see cref="CommitLog.VerifyAsync"/> has come.</summary>
/// <param name="Partition">The partition that is being checked.</param>
/// <param name="Bytes">How many bytes of segments were checked.</param>
/// <param name="TotalBytes">How many there were at the beginning; appends and retention change the number.</param>
/// <param name="Findings">The number of findings.</param>
public readonly record struct VerifyProgress(TopicPartition Partition, long Bytes, long TotalBytes, int Findings);
