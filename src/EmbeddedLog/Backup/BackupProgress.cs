namespace EmbeddedLog;

/// <summary>How far <see cref="CommitLog.BackupAsync"/> has come.</summary>
/// <param name="Partition">
/// The partition that is being copied; the committed offsets of all groups are partition 0 of the topic
/// <c>__offsets</c>.
/// </param>
/// <param name="Bytes">How many bytes of segments the backup holds.</param>
/// <param name="TotalBytes">How many there were at the beginning; appends and retention change the number.</param>
public readonly record struct BackupProgress(TopicPartition Partition, long Bytes, long TotalBytes);
