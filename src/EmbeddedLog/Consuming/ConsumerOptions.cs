using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// What a consumer is made with. Checked and copied when handed over: later changes have no effect, and all faults are
/// told in one <see cref="ArgumentException"/>.
/// </summary>
public sealed class ConsumerOptions
{
    /// <summary>
    /// Where to start in a partition for which nothing is committed, as Kafka's <c>auto.offset.reset</c> (whose default
    /// is <c>latest</c>). <see cref="StartOffset"/> or <see cref="StartTime"/> takes its place. With a group, what any
    /// of them gives, other than the earliest, is committed by the first read, before it hands out a record: a later
    /// start does not skip what has arrived since. Default: <see cref="StartAt.Earliest"/>.
    /// </summary>
    public StartAt Start { get; set; } = StartAt.Earliest;

    /// <summary>
    /// The offset to start at in each partition for which nothing is committed, from 0; where the partition does not
    /// hold it, its nearest offset. Instead of <see cref="Start"/> and <see cref="StartTime"/>. Default: null.
    /// </summary>
    public long? StartOffset { get; set; }

    /// <summary>
    /// The time to start at in each partition for which nothing is committed: at the first record whose timestamp is at
    /// or after it, as Kafka's <c>offsetsForTimes</c>; at the end where there is none. Instead of <see cref="Start"/>
    /// and <see cref="StartOffset"/>. Default: null.
    /// </summary>
    public DateTimeOffset? StartTime { get; set; }

    /// <summary>
    /// How often what is finished is committed by itself, 1 ms to 1 day, or <see cref="Timeout.InfiniteTimeSpan"/> for
    /// never, as null; as Kafka's <c>auto.commit.interval.ms</c>. Needs a group. Default: null, which leaves committing
    /// to the caller.
    /// </summary>
    public TimeSpan? CommitInterval { get; set; }

    /// <summary>
    /// What a commit has survived when it is acknowledged. A commit that is lost only means that records are read
    /// again. Default: <see cref="Durability.Written"/>.
    /// </summary>
    public Durability CommitDurability { get; set; } = Durability.Written;

    /// <summary>
    /// How many records are read ahead of the caller, 1 to 1,000,000, as Kafka's <c>max.poll.records</c>. Default: 500.
    /// </summary>
    public int MaxBufferedRecords { get; set; } = 500;

    /// <summary>
    /// Whether a consumer that waits goes on inside the append that wakes it, on that thread, instead of through the
    /// thread pool: about a microsecond later instead of about 20, and the append returns only when the consumer waits
    /// again. For handlers that are short and never block; as the option of the same name of
    /// <c>System.Threading.Channels</c>. Has no effect where the log is only read, whose readers no append wakes.
    /// Default: false.
    /// </summary>
    public bool AllowSynchronousContinuations { get; set; }

    /// <summary>The three ways to say where to start, as one.</summary>
    internal StartPolicy StartPolicy => new(Start, StartOffset, StartTime);

    /// <summary>A copy that is known to be valid for a group, or for none.</summary>
    /// <param name="group">The consumer's group, or null.</param>
    /// <exception cref="ArgumentException">Something is out of bounds or contradictory; the message tells all of
    /// it.</exception>
    internal ConsumerOptions ValidatedCopy(string? group)
    {
        var copy = (ConsumerOptions)MemberwiseClone();
        copy.CommitInterval = CommitInterval == Timeout.InfiniteTimeSpan ? null : CommitInterval;
        copy.Validate(group);
        return copy;
    }

    private void Validate(string? group)
    {
        var faults = new OptionFaults("ConsumerOptions");
        if (CommitInterval is { } interval)
        {
            faults.Range(
                nameof(CommitInterval),
                interval,
                TimeSpan.FromMilliseconds(1),
                TimeSpan.FromDays(1),
                "use null to commit by hand");
            if (group is null)
            {
                faults.Add(
                    nameof(CommitInterval),
                    OptionFaults.Span(interval),
                    "null for a consumer without a group",
                    "name a group, for commits belong to one");
            }
        }

        ValidateStart(faults);
        faults.Defined(nameof(CommitDurability), CommitDurability);
        faults.Range(
            nameof(MaxBufferedRecords), MaxBufferedRecords, 1, 1_000_000, "records", "500 suits most consumers");
        faults.ThrowIfAny();
    }

    /// <summary>There is one place to start: what is contradictory would be obeyed in part without a word.</summary>
    private void ValidateStart(OptionFaults faults)
    {
        faults.Defined(nameof(Start), Start);
        if (StartOffset is { } offset and < 0)
        {
            faults.Add(
                nameof(StartOffset), OptionFaults.Number(offset), "at least 0", "use null to start elsewhere");
        }

        if (StartOffset is not null && StartTime is not null)
        {
            faults.Add(nameof(StartTime), "set", $"null where {nameof(StartOffset)} is set", "give one of the two");
        }

        if (Start != StartAt.Earliest && (StartOffset is not null || StartTime is not null))
        {
            string other = StartOffset is null ? nameof(StartTime) : nameof(StartOffset);
            faults.Add(nameof(Start), Start.ToString(), $"left out where {other} is set", "give one of the two");
        }
    }
}
