using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// The options of a read in batches. Checked and copied when the read is made: later changes have no effect, and one
/// <see cref="ArgumentException"/> lists all faults.
/// </summary>
public sealed class BatchOptions
{
    /// <summary>The default of <see cref="MaxBytes"/>.</summary>
    internal const long DefaultMaxBytes = 50 << 20;

    /// <summary>
    /// The most records of a batch, 1 to 1,000,000, as Kafka's <c>max.poll.records</c>. Default: 500.
    /// </summary>
    public int MaxRecords { get; set; } = 500;

    /// <summary>
    /// The bytes of keys and values at which a batch is full, 1 to 1 GiB (1,073,741,824), as Kafka's
    /// <c>fetch.max.bytes</c>. It has at least one record, and the last one may go beyond. Default: 50 MiB
    /// (52,428,800).
    /// </summary>
    public long MaxBytes { get; set; } = DefaultMaxBytes;

    /// <summary>
    /// How long a batch that has not <see cref="MaxRecords"/> waits for more, from the moment its first record is
    /// found, 0 to 1 day; as Kafka's <c>fetch.max.wait.ms</c>. What is there at the end of a wait is handed out without
    /// another one, however many batches it makes. Other partitions do not wait for it. Default: 0 seconds, which hands
    /// out what there is.
    /// </summary>
    public TimeSpan MaxWait { get; set; }

    /// <summary>A copy that is valid.</summary>
    /// <exception cref="ArgumentException">Something is out of bounds; the message lists all of it.</exception>
    internal BatchOptions ValidatedCopy()
    {
        var copy = (BatchOptions)MemberwiseClone();
        var faults = new OptionFaults(nameof(BatchOptions));
        faults.Range(nameof(MaxRecords), copy.MaxRecords, 1, 1_000_000, "records", "500 suits most consumers");
        faults.Range(nameof(MaxBytes), copy.MaxBytes, 1, 1 << 30, "bytes", "50 MiB suits most consumers");
        faults.Range(
            nameof(MaxWait), copy.MaxWait, TimeSpan.Zero, TimeSpan.FromDays(1), "use zero to take what there is");
        faults.ThrowIfAny();
        return copy;
    }
}
