using static EmbeddedLog.Hosting.Configuration.ConfigurationKey;

namespace EmbeddedLog.Hosting.Configuration;

/// <summary>
/// The keys of a log's section. A test compares them with the properties of the options, which no reflection does in a
/// trimmed program.
/// </summary>
internal static class ConfigurationKeys
{
    /// <summary>The keys of a topic.</summary>
    public static IReadOnlyList<ConfigurationKey> Topic { get; } =
    [
        Integer(nameof(TopicOptions.Partitions)),
        Section(
            nameof(TopicOptions.Retention),
            Duration(nameof(RetentionPolicy.MaxAge)),
            Long(nameof(RetentionPolicy.MaxBytesPerPartition))),
        Integer(nameof(TopicOptions.SegmentBytes)),
        Duration(nameof(TopicOptions.SegmentAge)),
        Integer(nameof(TopicOptions.MaxRecordBytes)),
        Duration(nameof(TopicOptions.FlushInterval)),
        OneOf<WriteMode>(nameof(TopicOptions.WriteMode)),
        OneOf<TimestampType>(nameof(TopicOptions.TimestampType)),
        Duration(nameof(TopicOptions.MaxTimestampAhead)),
        CodeOnly(nameof(TopicOptions.Partitioner)),
    ];

    /// <summary>The keys of a handler.</summary>
    public static IReadOnlyList<ConfigurationKey> Handler { get; } =
    [
        Flag(nameof(HandlerOptions.AutoStart)),
        Integer(nameof(HandlerOptions.MaxParallelism)),
        OneOf<ProcessingOrder>(nameof(HandlerOptions.OrderBy)),
        Integer(nameof(HandlerOptions.MaxRecordsInHand)),
        Long(nameof(HandlerOptions.MaxBytesInHand)),
        Duration(nameof(HandlerOptions.CommitInterval)),
        Duration(nameof(HandlerOptions.DrainTimeout)),
        Section(
            nameof(HandlerOptions.Retry),
            Integer(nameof(RetryOptions.MaxAttempts)),
            Duration(nameof(RetryOptions.Delay)),
            Number(nameof(RetryOptions.BackoffMultiplier)),
            Duration(nameof(RetryOptions.MaxDelay)),
            CodeOnly(nameof(RetryOptions.ShouldRetry))),
        OneOf<FailureAction>(nameof(HandlerOptions.OnFailure)),
        Text(nameof(HandlerOptions.DeadLetterTopic)),
        Duration(nameof(HandlerOptions.RestartDelay)),
        Duration(nameof(HandlerOptions.MaxPollInterval)),
        OneOf<StartAt>(nameof(HandlerOptions.Start)),
        Long(nameof(HandlerOptions.MaxLag)),
        Duration(nameof(HandlerOptions.MaxLagTime)),
        CodeOnly(nameof(HandlerOptions.FailureHandler)),
        CodeOnly(nameof(HandlerOptions.Pipeline)),
    ];

    /// <summary>The keys of a log.</summary>
    public static IReadOnlyList<ConfigurationKey> Log { get; } =
    [
        Text(nameof(EmbeddedLogOptions.Directory)),
        Duration(nameof(EmbeddedLogOptions.OwnerTimeout)),
        OneOf<LogAccess>(nameof(EmbeddedLogOptions.Access)),
        Integer(nameof(EmbeddedLogOptions.MaxOpenSegments)),
        Duration(nameof(EmbeddedLogOptions.RetentionCheckInterval)),
        Duration(nameof(EmbeddedLogOptions.OffsetsRetention)),
        Long(nameof(EmbeddedLogOptions.ScrubBytesPerSecond)),
        Duration(nameof(EmbeddedLogOptions.ScrubInterval)),
        Names(nameof(EmbeddedLogOptions.Topics), Topic),
        Names(nameof(EmbeddedLogOptions.Handlers), Handler),
        Section(nameof(EmbeddedLogOptions.Health), Long(nameof(LogHealthOptions.MinFreeBytes))),
    ];
}
