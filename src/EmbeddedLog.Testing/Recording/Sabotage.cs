namespace EmbeddedLog.Testing.Recording;

/// <summary>
/// Makes consumers lose or reorder records, as a log with an error would: so that tests can see whether the laws
/// notice.
/// </summary>
/// <param name="decide">What happens to a record.</param>
internal sealed class Sabotage(Func<TopicPartitionOffset, SabotageKind> decide)
{
    private static readonly AsyncLocal<Sabotage?> s_current = new();

    /// <summary>What holds for consumers that are created from here on.</summary>
    public static Sabotage? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }

    /// <summary>What happens to a record.</summary>
    public SabotageKind Decide(TopicPartitionOffset record) => decide(record);
}
