using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// The options of <see cref="IConsumer{TKey, TValue}.ForEachAsync"/>. Checked and copied by that call: later changes
/// have no effect, and one <see cref="ArgumentException"/> lists all faults.
/// </summary>
public sealed class ForEachOptions
{
    /// <summary>
    /// How many handlers run at once, 1 to 10,000. The same on every machine, since handlers mostly wait for others and
    /// not for the processor. Default: 8.
    /// </summary>
    public int MaxParallelism { get; set; } = 8;

    /// <summary>
    /// Which records are handled one after the other. Default: <see cref="ProcessingOrder.Partition"/>.
    /// </summary>
    public ProcessingOrder OrderBy { get; set; } = ProcessingOrder.Partition;

    /// <summary>
    /// How many records are in hand at once, 1 to 1,000,000: taken from the log and not finished. A record that was
    /// handled before an earlier one of its partition is in hand until that one is finished. Default: 1,000.
    /// </summary>
    public int MaxRecordsInHand { get; set; } = 1_000;

    /// <summary>
    /// How many bytes of keys, values and headers the records in hand have, as stored, 1 to 1 TiB (1,099,511,627,776).
    /// The record that reaches the bound is still taken. Default: 16 MiB (16,777,216).
    /// </summary>
    public long MaxBytesInHand { get; set; } = 16 << 20;

    /// <summary>
    /// How often finished records are committed if the consumer has a group, 1 ms to 1 day, or
    /// <see cref="Timeout.InfiniteTimeSpan"/> for never; instead of <see cref="ConsumerOptions.CommitInterval"/>. They
    /// are always committed at the end and before a partition is given up. Default: 1 second.
    /// </summary>
    public TimeSpan CommitInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long running handlers are waited for at the end, and before a partition is given up: 0 to 1 day, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. Then their token is cancelled, and they count no more. Default: 30
    /// seconds.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often a handler is called again after an exception. A record that waits for its next attempt keeps only
    /// those behind it waiting, see <see cref="OrderBy"/>. Default: one attempt.
    /// </summary>
    public RetryOptions Retry { get; set; } = new();

    /// <summary>
    /// What to do with a record whose last attempt has failed, or that cannot be read as the consumer's types. Default:
    /// <see cref="FailureAction.Stop"/>.
    /// </summary>
    public FailureAction OnFailure { get; set; } = FailureAction.Stop;

    /// <summary>
    /// The topic for records that <see cref="FailureAction.DeadLetter"/> is chosen for, such as
    /// <c>orders.dead-letters</c>. If it is missing, it is made with the first one: with one partition, the source's
    /// retention, and room for the largest record of the topics that the consumer reads and 16 KiB of
    /// <see cref="DeadLetterHeaders"/>. Create it before for anything else. A dead letter goes to the partition with
    /// the source's number, modulo the number of partitions. The consumer must not read the topic itself. Default:
    /// null, for none.
    /// </summary>
    public string? DeadLetterTopic { get; set; }

    /// <summary>
    /// Decides in place of <see cref="OnFailure"/>. It runs in the place of the handler, in the order of the handlers,
    /// and with the handler's token. If it throws, the loop stops with both exceptions. With it, the bytes of keys and
    /// values are kept beside the records in hand. Code only: configuration cannot set it. Default: null.
    /// </summary>
    public Func<FailedRecord, CancellationToken, ValueTask<FailureAction>>? FailureHandler { get; set; }

    /// <summary>
    /// What is out of bounds or contradictory: a sentence for each fault, which begins with the property's name. Empty
    /// if the options are valid. A loop with other ones throws an exception with all of them.
    /// </summary>
    public IReadOnlyList<string> FindFaults() => Check().All;

    /// <summary>A valid copy.</summary>
    /// <exception cref="ArgumentException">Something is out of bounds; the message lists all of it.</exception>
    internal ForEachOptions ValidatedCopy()
    {
        var copy = (ForEachOptions)MemberwiseClone();
        copy.Retry = Retry?.Copy()!;
        copy.Check().ThrowIfAny();
        return copy;
    }

    private OptionFaults Check()
    {
        var faults = new OptionFaults("ForEachOptions");
        faults.Range(
            nameof(MaxParallelism), MaxParallelism, 1, 10_000, "handlers", "use 1 to handle one record at a time");
        faults.Defined(nameof(OrderBy), OrderBy);
        faults.Range(
            nameof(MaxRecordsInHand), MaxRecordsInHand, 1, 1_000_000, "records", "1,000 suits most handlers");
        faults.Range(nameof(MaxBytesInHand), MaxBytesInHand, 1, 1L << 40, "bytes", "16 MiB suits most handlers");
        faults.Range(
            nameof(CommitInterval),
            CommitInterval,
            TimeSpan.FromMilliseconds(1),
            TimeSpan.FromDays(1),
            "1 s suits most handlers",
            infinite: "never");
        faults.Range(
            nameof(DrainTimeout),
            DrainTimeout,
            TimeSpan.Zero,
            TimeSpan.FromDays(1),
            "use 0 to wait for no handler",
            infinite: "no limit");
        faults.NotNull(nameof(Retry), Retry, "leave it out for one attempt");
        Retry?.Validate(faults, $"{nameof(Retry)}.");
        faults.Defined(nameof(OnFailure), OnFailure);
        faults.TopicName(nameof(DeadLetterTopic), DeadLetterTopic);
        if (OnFailure == FailureAction.DeadLetter)
        {
            faults.NotNull(
                nameof(DeadLetterTopic),
                DeadLetterTopic,
                $"{nameof(FailureAction)}.{nameof(FailureAction.DeadLetter)} needs a topic, such as "
                + "orders.dead-letters");
        }

        return faults;
    }
}
