namespace EmbeddedLog;

/// <summary>Names one partition of one topic.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Partition">The partition's number, from zero.</param>
public readonly record struct TopicPartition(string Topic, int Partition)
{
    /// <summary>The customary form, <c>topic-3</c>.</summary>
    public override string ToString() => $"{Topic}-{Partition}";
}
