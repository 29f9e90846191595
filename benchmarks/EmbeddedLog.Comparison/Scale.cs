namespace EmbeddedLog.Comparison;

/// <summary>The amount of work of a run.</summary>
/// <param name="Rounds">How often everything is measured, in turn.</param>
/// <param name="AtMost">No round begins that would end later than this.</param>
internal sealed record Scale(int Rounds, TimeSpan AtMost)
{
    /// <summary>How often everything runs on a small scale first: hot code is compiled up to three times.</summary>
    public int WarmUps { get; init; } = 3;

    /// <summary>Rounds of contenders that are slow to prepare; the first ones.</summary>
    public int SlowRounds { get; init; } = int.MaxValue;

    /// <summary>Records in a run of appends and of reads.</summary>
    public int Appends { get; init; } = 10_000_000;

    /// <summary>The same for systems that are slower by orders of magnitude.</summary>
    public int SlowAppends { get; init; } = 1_000_000;

    /// <summary>The same where several threads append.</summary>
    public int ContendedAppends { get; init; } = 4_000_000;

    /// <summary>Appends that are awaited one by one.</summary>
    public int Durable { get; init; } = 3_000;

    /// <summary>Appends that are awaited many at a time, at most.</summary>
    public int DurableMany { get; init; } = 1_000_000;

    /// <summary>The same over many partitions.</summary>
    public int DurableSpread { get; init; } = 65_536;

    /// <summary>Partitions to spread them over, at most.</summary>
    public int MaxPartitions { get; init; } = 4096;

    /// <summary>Records that wake a consumer.</summary>
    public int WakeUps { get; init; } = 5_000;

    /// <summary>Records that 20 groups read.</summary>
    public int FannedOut { get; init; } = 2_000_000;

    /// <summary>Records of mixed sizes, of 8 KiB in the mean.</summary>
    public int Mixed { get; init; } = 100_000;

    /// <summary>The figures to publish.</summary>
    public static Scale Full { get; } = new(5, TimeSpan.MaxValue);

    /// <summary>A run that ends within a minute.</summary>
    public static Scale Quick { get; } = new(3, TimeSpan.FromSeconds(50))
    {
        WarmUps = 1,
        SlowRounds = 1,
        Appends = 1_000_000,
        SlowAppends = 50_000,
        ContendedAppends = 400_000,
        Durable = 200,
        DurableMany = 80_000,
        DurableSpread = 16_384,
        WakeUps = 200,
        FannedOut = 200_000,
        Mixed = 10_000,
    };

    /// <summary>So little that it only compiles everything.</summary>
    public static Scale WarmUp { get; } = new(1, TimeSpan.MaxValue)
    {
        Appends = 100_000,
        SlowAppends = 5_000,
        ContendedAppends = 64_000,
        Durable = 20,
        DurableMany = 4_096,
        DurableSpread = 1_024,
        MaxPartitions = 16,
        WakeUps = 20,
        FannedOut = 20_000,
        Mixed = 1_000,
    };

    /// <summary>More than the page cache of so many appends, but at most a quarter of the machine's memory.</summary>
    public static long PageCacheOf(long appends) =>
        Math.Min(appends * 200L, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

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
