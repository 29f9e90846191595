namespace EmbeddedLog.Tests.Handling;

public sealed class ForEachOptionsTests
{
    [Fact]
    public void ValidatedCopy_EveryProperty_IsCopied()
    {
        var options = new ForEachOptions
        {
            MaxParallelism = 3,
            OrderBy = ProcessingOrder.Key,
            MaxRecordsInHand = 4,
            MaxBytesInHand = 5,
            CommitInterval = TimeSpan.FromSeconds(6),
            DrainTimeout = TimeSpan.FromSeconds(7),
            Retry = new RetryOptions { MaxAttempts = 8 },
            OnFailure = FailureAction.Skip,
            DeadLetterTopic = "dead",
            FailureHandler = (_, _) => ValueTask.FromResult(FailureAction.Skip),
        };

        ForEachOptions copy = options.ValidatedCopy();
        options.MaxParallelism = 9;
        options.Retry.MaxAttempts = 9;

        Assert.Equal(3, copy.MaxParallelism);
        Assert.Equal(ProcessingOrder.Key, copy.OrderBy);
        Assert.Equal(4, copy.MaxRecordsInHand);
        Assert.Equal(5, copy.MaxBytesInHand);
        Assert.Equal(TimeSpan.FromSeconds(6), copy.CommitInterval);
        Assert.Equal(TimeSpan.FromSeconds(7), copy.DrainTimeout);
        Assert.Equal(8, copy.Retry.MaxAttempts);
        Assert.Equal(FailureAction.Skip, copy.OnFailure);
        Assert.Equal("dead", copy.DeadLetterTopic);
        Assert.Same(options.FailureHandler, copy.FailureHandler);
    }

    [Fact]
    public void ValidatedCopy_EverythingWrong_NamesEveryFault()
    {
        var options = new ForEachOptions
        {
            MaxParallelism = 0,
            OrderBy = (ProcessingOrder)7,
            MaxRecordsInHand = 0,
            MaxBytesInHand = 0,
            CommitInterval = TimeSpan.Zero,
            DrainTimeout = TimeSpan.FromDays(2),
            Retry = new RetryOptions
            {
                MaxAttempts = 0,
                Delay = TimeSpan.FromDays(2),
                BackoffMultiplier = double.NaN,
                MaxDelay = TimeSpan.FromDays(2),
            },
            OnFailure = (FailureAction)7,
            DeadLetterTopic = "a b",
        };

        var exception = Assert.Throws<ArgumentException>("options", options.ValidatedCopy);

        Assert.Equal(
            """
            ForEachOptions has 12 faults:
            - MaxParallelism is 0 but must be from 1 to 10,000 handlers: use 1 to handle one record at a time.
            - OrderBy is 7 but must be one of Partition, Key: use a name of ProcessingOrder.
            - MaxRecordsInHand is 0 but must be from 1 to 1,000,000 records: 1,000 suits most handlers.
            - MaxBytesInHand is 0 but must be from 1 to 1 TiB (1,099,511,627,776) bytes: 16 MiB suits most handlers.
            - CommitInterval is 0 s but must be from 1 ms to 1 day, or Timeout.InfiniteTimeSpan for never: 1 s suits most handlers.
            - DrainTimeout is 2 days but must be from 0 s to 1 day, or Timeout.InfiniteTimeSpan for no limit: use 0 to wait for no handler.
            - Retry.MaxAttempts is 0 but must be from 1 to 1,000,000 attempts: use 1 for no retries.
            - Retry.Delay is 2 days but must be from 0 s to 1 day: 100 ms suits most handlers.
            - Retry.BackoffMultiplier is NaN but must be from 1 to 100: use 1 for equal times.
            - Retry.MaxDelay is 2 days but must be from 0 s to 1 day: 30 s suits most handlers.
            - OnFailure is 7 but must be one of Stop, Skip, DeadLetter: use a name of FailureAction.
            - DeadLetterTopic: 'a b' cannot name a topic: character ' ' at index 1 is not allowed. Use 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-', but not '.' or '..'. (Parameter 'options')
            """,
            exception.Message,
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void ValidatedCopy_NoRetryOptions_IsAFault() =>
        Assert.Contains(
            "- Retry is null but must be set: leave it out for one attempt.",
            Assert.Throws<ArgumentException>("options", new ForEachOptions { Retry = null! }.ValidatedCopy).Message,
            StringComparison.Ordinal);

    [Fact]
    public void ValidatedCopy_DeadLettersWithoutATopic_IsAFault() =>
        Assert.Contains(
            "- DeadLetterTopic is null but must be set: FailureAction.DeadLetter needs a topic, such as "
            + "orders.dead-letters.",
            Assert.Throws<ArgumentException>(
                "options", new ForEachOptions { OnFailure = FailureAction.DeadLetter }.ValidatedCopy).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(1, 0.1)]
    [InlineData(2, 0.2)]
    [InlineData(5, 1.6)]
    [InlineData(10, 30)]
    [InlineData(1_000_000, 30)]
    public void DelayAfter_AttemptsWithTheDefaults_DoublesUpToItsBound(int attempts, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), new RetryOptions().DelayAfter(attempts));
}
