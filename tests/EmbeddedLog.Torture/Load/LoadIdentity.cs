namespace EmbeddedLog.Torture.Load;

/// <summary>Which record it is: every record of a load has an identity of its own and carries it.</summary>
/// <param name="Producer">Who made it: a number for each producer of each life.</param>
/// <param name="Sequence">The how many-th of that producer, from zero.</param>
internal readonly record struct LoadIdentity(int Producer, long Sequence)
{
    /// <summary>How many numbers each life has for its producers.</summary>
    public const int ProducersPerLife = 16;

    /// <summary>The process that made it, counted from zero for each directory.</summary>
    public int Life => Producer / ProducersPerLife;

    /// <summary>The number of a producer of a life.</summary>
    public static int ProducerOf(int life, int index) => (life * ProducersPerLife) + index;

    /// <inheritdoc/>
    public override string ToString() => $"record {Sequence} of producer {Producer % ProducersPerLife} in life {Life}";
}
