namespace EmbeddedLog.Testing.FsCheck.Programs;

/// <summary>What the user has said about programs.</summary>
internal sealed record ProgramSettings<TKey, TValue>
{
    public required int Keys { get; init; }

    public required int Members { get; init; }

    public required bool Crashes { get; init; }

    public required bool Rebalances { get; init; }

    public required bool Failures { get; init; }

    public required Func<int, TKey> Key { get; init; }

    public required Func<TKey, int, TValue> Value { get; init; }

    public required int Partitions { get; init; }

    public required string Topic { get; init; }

    public required string Group { get; init; }

    /// <summary>The part that does not depend on types.</summary>
    public ProgramOptions Options => new(Members, Crashes, Rebalances, Failures);
}
