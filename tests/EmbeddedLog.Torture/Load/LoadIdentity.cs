namespace EmbeddedLog.Torture.Load;

/// <summary>The identity of a record: every record of a load has a different one and carries it.</summary>
/// <param name="Producer">The producer: a number for each producer of each life.</param>
/// <param name="Sequence">The index of the record among those of the producer, from zero.</param>
internal readonly record struct LoadIdentity(int Producer, long Sequence)
{
    /// <summary>The number of producer numbers in each life.</summary>
    public const int ProducersPerLife = 16;

    /// <summary>The life that made it, counted from zero for each directory.</summary>
    public int Life => Producer / ProducersPerLife;

    /// <summary>The number of a producer of a life.</summary>
    public static int ProducerOf(int life, int index) => (life * ProducersPerLife) + index;

    /// <inheritdoc/>
    public override string ToString() => $"record {Sequence} of producer {Producer % ProducersPerLife} in life {Life}";
}
