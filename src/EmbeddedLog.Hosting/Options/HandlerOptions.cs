using Polly;

namespace EmbeddedLog.Hosting;

/// <summary>
/// The options of a handler. Set by code, then by the section <c>Handlers:{name}</c> of the log's configuration, which
/// wins. Most are those of <see cref="ForEachOptions"/>.
/// </summary>
public sealed class HandlerOptions
{
    private readonly List<Type> _finalErrors = [];

    /// <summary>
    /// Whether the handler starts with the host. Otherwise <see cref="IHandlerControl.StartAsync"/> starts it. Default:
    /// true.
    /// </summary>
    public bool AutoStart { get; set; } = true;

    /// <summary>How many records are handled at once, 1 to 10,000. Default: 8.</summary>
    public int MaxParallelism { get; set; } = 8;

    /// <summary>
    /// Which records are handled one after the other: those of one key, or of one partition. Records without a key have
    /// no order with <see cref="ProcessingOrder.Key"/>. Default: <see cref="ProcessingOrder.Key"/>.
    /// </summary>
    public ProcessingOrder OrderBy { get; set; } = ProcessingOrder.Key;

    /// <summary>
    /// How many records are in hand, see <see cref="ForEachOptions.MaxRecordsInHand"/>. Default: 1,000.
    /// </summary>
    public int MaxRecordsInHand { get; set; } = 1_000;

    /// <summary>
    /// How many bytes are in hand, see <see cref="ForEachOptions.MaxBytesInHand"/>. Default: 16 MiB (16,777,216).
    /// </summary>
    public long MaxBytesInHand { get; set; } = 16 << 20;

    /// <summary>
    /// How often what is finished is committed, see <see cref="ForEachOptions.CommitInterval"/>. Default: 1 second.
    /// </summary>
    public TimeSpan CommitInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long records in hand are waited for when the handler stops, 0 to 1 day, and at most three quarters of the
    /// host's <c>ShutdownTimeout</c>. Then their token is cancelled, and they come again. Default: 30 seconds.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often, and how long apart, a record is tried. Default: one attempt.</summary>
    public RetryOptions Retry { get; set; } = new();

    /// <summary>
    /// What to do with a record whose last attempt has failed, or that cannot be read. Default: null, which is
    /// <see cref="FailureAction.DeadLetter"/> with a <see cref="DeadLetterTopic"/>, and
    /// <see cref="FailureAction.Stop"/> without one.
    /// </summary>
    public FailureAction? OnFailure { get; set; }

    /// <summary>
    /// The topic for records that cannot be handled, see <see cref="ForEachOptions.DeadLetterTopic"/>. Made with the
    /// first one if it is missing. Default: null, for none.
    /// </summary>
    public string? DeadLetterTopic { get; set; }

    /// <summary>
    /// How long a handler that stopped with a failure waits before it starts again, 1 ms to 1 day; twice as long each
    /// time, up to a minute or this time, until a record is handled. Default: 1 second.
    /// </summary>
    public TimeSpan RestartDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long one record may be the oldest in hand before the partition goes to another member, see
    /// <see cref="ConsumerOptions.MaxPollInterval"/>. Default: 5 minutes.
    /// </summary>
    public TimeSpan MaxPollInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Where a group without commits begins. Default: <see cref="StartAt.Earliest"/>.</summary>
    public StartAt Start { get; set; } = StartAt.Earliest;

    /// <summary>
    /// How many records the handler may be behind for the log to be ready, from 0. Default: null, for any.
    /// </summary>
    public long? MaxLag { get; set; }

    /// <summary>
    /// How old the first record that is not handled may be for the log to be ready, from 0. Default: null, for any.
    /// </summary>
    public TimeSpan? MaxLagTime { get; set; }

    /// <summary>
    /// Decides in place of <see cref="OnFailure"/>, see <see cref="ForEachOptions.FailureHandler"/>. Code only:
    /// configuration cannot set it. Default: null.
    /// </summary>
    public Func<FailedRecord, CancellationToken, ValueTask<FailureAction>>? FailureHandler { get; set; }

    /// <summary>
    /// Runs around each attempt: a timeout, a circuit breaker. While a circuit is open, records wait in hand and use no
    /// attempt. Code only: configuration cannot set it. Default: null.
    /// </summary>
    public ResiliencePipeline? Pipeline { get; set; }

    /// <summary>
    /// Lets an exception of this type, or one derived from it, end the attempts of a record: it goes to
    /// <see cref="OnFailure"/> at once.
    /// </summary>
    /// <typeparam name="TException">The type.</typeparam>
    /// <returns>The same options.</returns>
    public HandlerOptions DoNotRetry<TException>()
        where TException : Exception
    {
        _finalErrors.Add(typeof(TException));
        return this;
    }

    /// <summary>Whether a loop with the other options would be the same.</summary>
    internal bool IsSameAs(HandlerOptions other) => Settings.Equals(other.Settings);

    private object Settings => (
        (MaxParallelism, OrderBy, MaxRecordsInHand, MaxBytesInHand, CommitInterval, DrainTimeout),
        (Retry.MaxAttempts, Retry.Delay, Retry.BackoffMultiplier, Retry.MaxDelay),
        (OnFailure, DeadLetterTopic, MaxPollInterval, Start));

    /// <summary>The options of the loop.</summary>
    internal ForEachOptions ToForEachOptions()
    {
        Type[] final = [.. _finalErrors];
        Func<Exception, bool>? own = Retry?.ShouldRetry;
        return new ForEachOptions
        {
            MaxParallelism = MaxParallelism,
            OrderBy = OrderBy,
            MaxRecordsInHand = MaxRecordsInHand,
            MaxBytesInHand = MaxBytesInHand,
            CommitInterval = CommitInterval,
            DrainTimeout = DrainTimeout,
            Retry = Retry is null ? null! : new RetryOptions
            {
                MaxAttempts = Retry.MaxAttempts,
                Delay = Retry.Delay,
                BackoffMultiplier = Retry.BackoffMultiplier,
                MaxDelay = Retry.MaxDelay,
                ShouldRetry = failure =>
                    !Array.Exists(final, type => type.IsInstanceOfType(failure)) && own?.Invoke(failure) != false,
            },
            OnFailure = OnFailure ?? (DeadLetterTopic is null ? FailureAction.Stop : FailureAction.DeadLetter),
            DeadLetterTopic = DeadLetterTopic,
            FailureHandler = FailureHandler,
        };
    }
}
