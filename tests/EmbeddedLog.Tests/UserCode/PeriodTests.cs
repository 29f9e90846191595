using System.Reflection;
using EmbeddedLog.Concurrency;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.UserCode;

/// <summary>Every period that validation allows works, with the system's timers.</summary>
public sealed class PeriodTests
{
    private static readonly TimeSpan[] s_spans =
    [
        TimeSpan.Zero, TimeSpan.FromTicks(1), TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1),
        TimeSpan.FromDays(1), TimeSpan.FromDays(49), TimeSpan.FromDays(50), TimeSpan.FromDays(365),
        TimeSpan.FromDays(36_500), TimeSpan.MaxValue, Timeout.InfiniteTimeSpan,
    ];

    /// <summary>Every time span of every type whose name says that it is options, each with every span.</summary>
    public static TheoryData<string, TimeSpan> All
    {
        get
        {
            TheoryData<string, TimeSpan> all = [];
            IEnumerable<string> settings =
                from type in typeof(Durability).Assembly.GetExportedTypes()
                where type.Name.Split('`')[0].EndsWith("Options", StringComparison.Ordinal)
                    || type == typeof(RetentionPolicy)
                from property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
                where (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) == typeof(TimeSpan)
                    && property.CanWrite
                select $"{type.Name}.{property.Name}";
            foreach (string setting in settings)
            {
                foreach (TimeSpan span in s_spans)
                {
                    all.Add(setting, span);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Period_ThatIsAllowed_FailsNoCall(string setting, TimeSpan span)
    {
        string[] parts = setting.Split('.');
        Settings settings = new();
        settings.Set(parts[0], parts[1], span);
        try
        {
            settings.Validate();
        }
        catch (ArgumentException)
        {
            // It is not allowed, and told to be so.
            return;
        }

        using TempDirectory root = new();
        await using (CommitLog log = await CommitLog.OpenAsync(root["log"], settings.Log))
        {
            await log.CreateTopicAsync("topic", settings.Topic);
            await using Producer<string, string> producer =
                log.CreateProducer<string, string>("topic", settings.Producer);
            await using Consumer<string, string> consumer =
                log.CreateConsumer<string, string>("topic", "group", settings.Consumer);
            await producer.ProduceAsync(settings.Keep(new("fails", "value")));
            await producer.ProduceAsync(settings.Keep(new("ends", "value")));

            // As the round that comes with the opening may do at any time.
            await log.ApplyRetentionAsync();
            await HandleAsync(consumer, settings.ForEach);
            await foreach (Record<string, string> record in consumer.ReadToEndAsync())
            {
                Assert.Equal("value", record.Value);
            }

            await ReadBatchAsync(log, producer, settings);
            await settings.ScrubEnded;
            await using ReadOnlyLog reader = await CommitLog.OpenReadOnlyAsync(root["log"], settings.Reader);
            Task wait = reader.GetTopic("topic")[0].WaitForAsync(3).AsTask();
            await producer.ProduceAsync(settings.Keep(new("last", "value")));
            await wait;
        }

        await CommitLog.SalvageAsync(root["log"], new TopicPartition("topic", 0), settings.Salvage);
    }

    [Fact]
    public async Task Schedule_OfTheLongestTime_CallsOthersAllTheSame()
    {
        Platform platform = RealPlatform.Create(TimeProvider.System);
        using BackgroundSchedule schedule = new(platform.Work, platform.Time);
        Called longest = new();
        Called soon = new();

        schedule.Schedule(longest, TimeSpan.MaxValue);
        schedule.Schedule(soon, TimeSpan.FromMilliseconds(1));

        await soon.Task;
        Assert.False(longest.Task.IsCompleted);
    }

    /// <summary>One record fails and waits for its next attempt, and the other one ends the loop.</summary>
    private static async Task HandleAsync(Consumer<string, string> consumer, ForEachOptions options)
    {
        using CancellationTokenSource end = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consumer.ForEachAsync(
            (record, _) =>
            {
                if (record.Key == "fails")
                {
                    throw new TimeoutException();
                }

                return new ValueTask(end.CancelAsync());
            },
            options,
            end.Token));
    }

    /// <summary>A batch that waits for its last record.</summary>
    private static async Task ReadBatchAsync(CommitLog log, Producer<string, string> producer, Settings settings)
    {
        await using Consumer<string, string> consumer = log.CreateConsumer<string, string>("topic");
        int read = 0;
        Task reading = Task.Run(async () =>
        {
            await foreach (IReadOnlyList<Record<string, string>> batch in consumer.ReadBatchesAsync(settings.Batch))
            {
                read += batch.Count;
                if (read == 3)
                {
                    break;
                }
            }
        });
        await producer.ProduceAsync(settings.Keep(new("third", "value")));
        await reading;
    }

    private sealed class Called : TaskCompletionSource, IBackgroundTask
    {
        public Called()
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
        }

        public void RunInBackground() => SetResult();
    }

    /// <summary>One set of all options, of which one is another than usual.</summary>
    private sealed class Settings
    {
        private readonly TaskCompletionSource _scrubbed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Settings()
        {
            Log = new CommitLogOptions
            {
                ScrubBytesPerSecond = 1L << 40,
                LoggerFactory = new HostileLogger(new Moods(0, 0))
                {
                    OnLine = line =>
                    {
                        if (line.StartsWith("A scrub checked", StringComparison.Ordinal))
                        {
                            _scrubbed.TrySetResult();
                        }
                    },
                },
            };
        }

        public CommitLogOptions Log { get; }

        public TopicOptions Topic { get; } = new();

        public ProducerOptions Producer { get; } = new();

        public ConsumerOptions Consumer { get; } = new();

        /// <summary>No batch is full, so that each waits; but not without end for the test.</summary>
        public BatchOptions Batch { get; } = new() { MaxRecords = 3 };

        public ReadOnlyLogOptions Reader { get; } = new();

        public SalvageOptions Salvage { get; } = new();

        public VerifyOptions Verify { get; } = new();

        public RetentionPolicy Policy { get; } = new();

        public ForEachOptions ForEach { get; } =
            new() { OrderBy = ProcessingOrder.Key, Retry = new RetryOptions { MaxAttempts = 1_000_000 } };

        public Task ScrubEnded => _scrubbed.Task;

        /// <summary>Whether records may be too old as soon as they are there.</summary>
        private bool Removes { get; set; }

        /// <summary>A record that retention does not remove before it is read.</summary>
        public ProducerRecord<string, string> Keep(ProducerRecord<string, string> record) =>
            Removes ? record with { Timestamp = TimeProvider.System.GetUtcNow().AddMinutes(30) } : record;

        public void Set(string type, string property, TimeSpan span)
        {
            Removes = type == nameof(RetentionPolicy);
            object[] all =
            [
                Log, Topic, Producer, Consumer, Batch, Reader, Salvage, Verify, Policy, ForEach, ForEach.Retry,
            ];
            object options = all.Single(each => each.GetType().Name == type);
            options.GetType().GetProperty(property)!.SetValue(options, span);
        }

        public void Validate()
        {
            Topic.Retention = Policy;
            Log.ValidatedCopy();
            Topic.ValidatedCopy();
            Producer.ValidatedCopy();
            Consumer.ValidatedCopy("group");
            Batch.ValidatedCopy();
            Reader.ValidatedCopy();
            Salvage.ValidatedCopy();
            Verify.ValidatedCopy();
            ForEach.ValidatedCopy();
        }
    }
}
