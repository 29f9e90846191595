using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// The options of a consumer. Checked and copied when it is created: later changes have no effect, and one
/// <see cref="ArgumentException"/> lists all faults.
/// </summary>
public sealed class ConsumerOptions
{
    /// <summary>
    /// Where to start in a partition for which nothing is committed, as Kafka's <c>auto.offset.reset</c> (whose default
    /// is <c>latest</c>). <see cref="StartOffset"/> or <see cref="StartTime"/> takes its place. With a group, the first
    /// read commits the start before it returns a record, unless that is the earliest: records that arrive in between
    /// are not skipped by a later start. The same holds for a seek where nothing is committed yet: its place is
    /// committed before the first record. Default: <see cref="StartAt.Earliest"/>.
    /// </summary>
    public StartAt Start { get; set; } = StartAt.Earliest;

    /// <summary>
    /// The offset to start at in each partition for which nothing is committed, from 0; if the partition does not hold
    /// it, the nearest one. Instead of <see cref="Start"/> and <see cref="StartTime"/>. Default: null.
    /// </summary>
    public long? StartOffset { get; set; }

    /// <summary>
    /// The time to start at in each partition for which nothing is committed: at the first record whose timestamp is at
    /// or after it, as Kafka's <c>offsetsForTimes</c>; at the end if there is none. Instead of <see cref="Start"/> and
    /// <see cref="StartOffset"/>. Default: null.
    /// </summary>
    public DateTimeOffset? StartTime { get; set; }

    /// <summary>
    /// How often finished records are committed automatically, 1 ms to 1 day, or <see cref="Timeout.InfiniteTimeSpan"/>
    /// for never, like null; as Kafka's <c>auto.commit.interval.ms</c>. Needs a group. Default: null, which leaves
    /// committing to the caller.
    /// </summary>
    public TimeSpan? CommitInterval { get; set; }

    /// <summary>
    /// The level at which a commit is acknowledged. After the loss of a commit, records are only read again. Default:
    /// <see cref="Durability.Written"/>.
    /// </summary>
    public Durability CommitDurability { get; set; } = Durability.Written;

    /// <summary>
    /// Which records are read: all that are written, or only those that are flushed, which no loss of power takes back.
    /// A record that nobody flushes is flushed after <see cref="TopicOptions.FlushInterval"/>, and read then. After a
    /// failed flush a read without end throws, for nothing more will be flushed. In a read-only log it is what that
    /// knows to be flushed, see <see cref="LogPartition.DurableOffset"/>. Lag and <see cref="StartAt.Latest"/>
    /// count what is written. Default: <see cref="Durability.Written"/>.
    /// </summary>
    public Durability ReadLevel { get; set; } = Durability.Written;

    /// <summary>
    /// How many records are read ahead of the caller, 1 to 1,000,000, as Kafka's <c>max.poll.records</c>. Default: 500.
    /// </summary>
    public int MaxBufferedRecords { get; set; } = 500;

    /// <summary>
    /// Whether a waiting consumer continues inside the append that wakes it, on that thread, and not through the thread
    /// pool. That takes about a microsecond instead of about 20, but the append returns only when the consumer waits
    /// again. For handlers that are short and never block; as the option of the same name of
    /// <c>System.Threading.Channels</c>. Has no effect in a read-only log, whose readers are not woken by appends.
    /// Default: false.
    /// </summary>
    public bool AllowSynchronousContinuations { get; set; }

    /// <summary>
    /// The consumer's name in messages, log lines and descriptions of its group, as Kafka's <c>client.id</c>; 1 to 249
    /// characters. It need not be unique. Default: null, for <c>consumer-</c> and a number.
    /// </summary>
    public string? ClientName { get; set; }

    /// <summary>
    /// How the partitions of the group's topics are shared, as Kafka's <c>group.remote.assignor</c>; the same for all
    /// consumers of a group. Default: <see cref="GroupAssignor.Uniform"/>.
    /// </summary>
    public GroupAssignor Assignor { get; set; } = GroupAssignor.Uniform;

    /// <summary>
    /// How long after it got a record a member of a group may ask for the next one, 10 ms to 1 day, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>; as Kafka's <c>max.poll.interval.ms</c>. One that takes longer loses its
    /// partitions if another member of the group can read them. It gets a share again with its next read. Seen up to a
    /// quarter of the time later, and counted from the join of the second member on. Default: 5 minutes.
    /// </summary>
    public TimeSpan MaxPollInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Called inside the read that gets partitions, before their first record. It may seek and commit. If it throws,
    /// the read throws the same; the partitions are assigned, and the next read goes on. Default: null.
    /// </summary>
    /// <remarks>
    /// This callback and the other two get the consumer, the partitions, and a token that is cancelled with the read.
    /// While one runs, the partitions concerned stay where they are. Code only: configuration cannot set them.
    /// </remarks>
    public Func<IConsumer, IReadOnlyList<TopicPartition>, CancellationToken, ValueTask>? OnAssigned { get; set; }

    /// <summary>
    /// Called inside the read that gives partitions up to another member, or by the disposal of the consumer, while
    /// they can still be committed. If it throws, they are given up all the same, and the read throws. Default: null.
    /// </summary>
    /// <inheritdoc cref="OnAssigned" path="/remarks"/>
    public Func<IConsumer, IReadOnlyList<TopicPartition>, CancellationToken, ValueTask>? OnRevoked { get; set; }

    /// <summary>
    /// Called inside the next read after partitions were taken away, see <see cref="MaxPollInterval"/>: another member
    /// may have read them meanwhile, and nothing can be committed. If it throws, the read throws. Default: null.
    /// </summary>
    /// <inheritdoc cref="OnAssigned" path="/remarks"/>
    public Func<IConsumer, IReadOnlyList<TopicPartition>, CancellationToken, ValueTask>? OnLost { get; set; }

    /// <summary>What the consumer's group is told of it.</summary>
    internal MemberSettings MemberSettings => new(ClientName, Assignor, MaxPollInterval);

    /// <summary>The start as one value, from the three properties.</summary>
    internal StartPolicy StartPolicy => new(Start, StartOffset, StartTime);

    /// <summary>A copy that is valid for a group, or for none.</summary>
    /// <param name="group">The consumer's group, or null.</param>
    /// <exception cref="ArgumentException">Something is out of bounds or contradictory; the message lists all of
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

        if (ClientName is { Length: 0 or > NameRules.MaxLength } name)
        {
            faults.Add(
                nameof(ClientName), $"{name.Length} characters", $"1 to {NameRules.MaxLength}", "use null for none");
        }

        if (MaxPollInterval != Timeout.InfiniteTimeSpan)
        {
            faults.Range(
                nameof(MaxPollInterval),
                MaxPollInterval,
                TimeSpan.FromMilliseconds(10),
                TimeSpan.FromDays(1),
                "use Timeout.InfiniteTimeSpan for no limit");
        }

        faults.Defined(nameof(Assignor), Assignor);
        ValidateStart(faults);
        faults.Defined(nameof(CommitDurability), CommitDurability);
        faults.Defined(nameof(ReadLevel), ReadLevel);
        faults.Range(
            nameof(MaxBufferedRecords), MaxBufferedRecords, 1, 1_000_000, "records", "500 suits most consumers");
        faults.ThrowIfAny();
    }

    /// <summary>There is one start: contradictory options would be followed in part, without an error.</summary>
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
