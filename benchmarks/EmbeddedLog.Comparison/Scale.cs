namespace EmbeddedLog.Comparison;

/// <summary>How much work a run does.</summary>
/// <param name="Rounds">How often everything is measured, in turn.</param>
/// <param name="Appends">Records in a run of appends and of reads.</param>
/// <param name="SlowAppends">The same for systems that are slower by orders of magnitude.</param>
/// <param name="Durable">Appends that are awaited one by one.</param>
/// <param name="DurableMany">Appends that are awaited many at a time, at most.</param>
internal sealed record Scale(int Rounds, int Appends, int SlowAppends, int Durable, int DurableMany)
{
    /// <summary>The figures to publish.</summary>
    public static Scale Full { get; } = new(5, 10_000_000, 1_000_000, 3_000, 1_000_000);

    /// <summary>A look that ends within a minute.</summary>
    public static Scale Quick { get; } = new(3, 1_000_000, 50_000, 200, 80_000);

    /// <summary>The bytes of a record's value.</summary>
    public const int ValueBytes = 100;

    /// <summary>Records in a batch.</summary>
    public const int BatchRecords = 100;

    /// <summary>A value that no system can shorten.</summary>
    public static byte[] NewValue()
    {
        byte[] value = new byte[ValueBytes];
        new Random(1).NextBytes(value);
        return value;
    }
}
