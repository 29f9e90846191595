namespace EmbeddedLog.Testing.Faults;

/// <summary>How much happens in a life of a log.</summary>
/// <param name="Rounds">How often the log is opened, used and closed.</param>
/// <param name="Partitions">The partitions that are appended to in turn.</param>
/// <param name="Appends">The appends of a round to each of them.</param>
internal readonly record struct FaultLifeSize(int Rounds, int Partitions, int Appends)
{
    /// <summary>A few rolls, two openings of a log that exists.</summary>
    public static FaultLifeSize Short { get; } = new(2, 2, 10);

    /// <summary>Many rolls and openings.</summary>
    public static FaultLifeSize Long { get; } = new(3, 2, 30);
}
