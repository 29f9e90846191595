using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.UserCode;

namespace EmbeddedLog.Tests.Opening;

/// <summary>
/// What the disposal of a log does: all of it, whatever fails, in an order in which nothing is used late.
/// </summary>
public sealed class ClosingTests
{
    private const int Records = 40;

    /// <summary>Every kind of call, each of which may fail while the log is being closed.</summary>
    public static TheoryData<string> Kinds => new(Enum.GetNames<FaultKind>());

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Dispose_AnyCallFails_GivesAllUpAndKeepsWhatIsAcknowledged(string name)
    {
        FaultKind kind = Enum.Parse<FaultKind>(name);
        long calls = Close(kind, call: 0);
        for (long call = 1; call <= calls; call++)
        {
            Close(kind, call);
        }
    }

    [Fact]
    public void Dispose_OfALogWithUsers_DisposesThemFirst()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine));
        Use(machine, log, out Producer<string, string> producer, out Consumer<string, string> consumer);

        machine.Run(log.DisposeAsync());

        Assert.Throws<ObjectDisposedException>(() => producer.TryProduce("key", "value", out _));
        Assert.Throws<ObjectDisposedException>(() => consumer.Position(new TopicPartition("topic", 0)));
        machine.Run(producer.DisposeAsync());
        machine.Run(consumer.DisposeAsync());
        CommitLog next = machine.Run(OpenLog.OnAsync(machine));
        Assert.True(next.Recovery.Clean);
        using (Consumer<string, string> other = next.CreateConsumer<string, string>("topic", "group"))
        {
            Assert.Equal(Records - 1, other.Committed(new TopicPartition("topic", 0)));
        }

        machine.Run(next.DisposeAsync());
    }

    [Fact]
    public void Dispose_Twice_WaitsForTheFirst()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine));
        Use(machine, log, out _, out _);

        Task first = log.DisposeAsync().AsTask();
        Task second = log.DisposeAsync().AsTask();
        Assert.False(second.IsCompleted);
        machine.Run(() => Task.WhenAll(first, second));
        Assert.Empty(machine.Disk.OpenFiles);
    }

    [Fact]
    public void Dispose_CommitAndFlushFail_ReportsBoth()
    {
        using SimulatedPlatform machine = new(seed: 1);
        FaultingFileSystem faults = new(machine.Platform.Files);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine.Platform with { Files = faults }));
        Use(machine, log, out Producer<string, string> producer, out _);
        Assert.True(producer.TryProduce("key", "value", out _));
        faults.Reset();
        faults.Fail(new Fault(FaultKind.Flush, 1, FileSystemError.Other) { Lasts = true });

        AggregateException failure = Assert.Throws<AggregateException>(() => machine.Run(log.DisposeAsync()));

        Assert.Equal(2, failure.InnerExceptions.Count);
        Assert.All(failure.InnerExceptions, each => Assert.IsType<PartitionFailedException>(each));
        machine.Scheduler.RunUntilIdle();
        Assert.Empty(machine.Disk.OpenFiles);
        Assert.Empty(machine.Disk.LiveMaps);
    }

    [Fact]
    public async Task Dispose_InTheLogsOwnLogger_DoesNotDeadlock()
    {
        using TempDirectory root = new();
        TaskCompletionSource disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CommitLog? log = null;
        HostileLogger logger = new(new Moods(0, 0));
        logger.OnLine = line =>
        {
            if (line.StartsWith("Retention removed", StringComparison.Ordinal))
            {
                log!.Dispose();
                disposed.TrySetResult();
            }
        };
        log = await CommitLog.OpenAsync(root["log"], new CommitLogOptions { LoggerFactory = logger });
        Topic topic = await log.CreateTopicAsync("topic", new TopicOptions
        {
            SegmentBytes = 16 << 10,
            MaxRecordBytes = 4_000,
            Retention = new RetentionPolicy { MaxBytesPerPartition = 1 },
        });
        for (int i = 0; i < 20; i++)
        {
            topic[0].Append(new RawRecord("key"u8, new byte[2_000]));
        }

        await log.ApplyRetentionAsync();

        await disposed.Task;
        await log.DisposeAsync();
        await using CommitLog next = await CommitLog.OpenAsync(root["log"]);
        Assert.True(next.Recovery.Clean);
    }

    /// <summary>
    /// The closing begins in the middle of what the log does by itself, which it waits for. Until its end the directory
    /// stays locked.
    /// </summary>
    [Theory]
    [InlineData("scrub")]
    [InlineData("retention")]
    public void Dispose_WhileEverythingIsUsed_EndsOneKindAfterTheOther(string background)
    {
        using SimulatedPlatform machine = new(seed: 1);
        FaultingFileSystem files = new(machine.Platform.Files);
        string? locked = null;
        files.Seen = (kind, path) => locked = kind == FaultKind.Lock ? path : locked;
        CommitLogOptions options = new()
        {
            RetentionCheckInterval = background == "scrub" ? TimeSpan.FromDays(1) : TimeSpan.FromSeconds(10),
            ScrubBytesPerSecond = background == "scrub" ? 64 << 10 : null,
            ScrubInterval = TimeSpan.FromSeconds(10),
        };
        CommitLog log = machine.Run(OpenLog.OnAsync(machine.Platform with { Files = files }, options));
        Use(machine, log, out Producer<string, string> producer, out _);
        Topic brief = machine.Run(log.CreateTopicAsync("brief", new TopicOptions
        {
            SegmentBytes = 16 << 10,
            MaxRecordBytes = 4_000,
            Retention = new RetentionPolicy { MaxBytesPerPartition = 1 },
        }));
        for (int i = 0; i < 10; i++)
        {
            brief[0].Append(new RawRecord(new byte[3_000]));
        }

        machine.Scheduler.RunUntilIdle();
        List<string> steps = [];
        bool isAlwaysLocked = true;
        bool hasBegun = false;
        bool hasEndedEarly = false;
        Task? closing = null;
        files.Seen = (kind, path) =>
        {
            if (!hasBegun && IsIn(background, kind, path))
            {
                hasBegun = true;
                Assert.True(producer.TryProduce("key", "value", out _));
                closing = log.DisposeAsync().AsTask();
                machine.Scheduler.RunUntilIdle();
                hasEndedEarly = closing.IsCompleted;
                steps.Add("background");
            }
            else if (hasBegun && StepOf(kind, path, steps.Contains("background")) is { } step)
            {
                steps.Add(step);
            }

            using IDisposable? free = machine.Platform.Files.TryLock(locked!);
            isAlwaysLocked &= free is null;
        };

        machine.Time.Advance(TimeSpan.FromSeconds(11));
        machine.Scheduler.RunUntilIdle();
        machine.Run(() => closing!);

        Assert.Equal(
            ["consumers", "producers", "background", "partitions", "offsets", "clean mark"], steps.Distinct());
        Assert.Equal(steps.Distinct(), steps.Where((step, i) => i == 0 || steps[i - 1] != step));
        Assert.False(hasEndedEarly);
        Assert.True(isAlwaysLocked);
        using IDisposable? unlocked = machine.Platform.Files.TryLock(locked!);
        Assert.NotNull(unlocked);
    }

    /// <summary>Whether a call is one of a scrub, or of retention that removes something.</summary>
    private static bool IsIn(string background, FaultKind kind, string path) =>
        background == "scrub"
            ? kind == FaultKind.OpenFile && path.EndsWith(".segment", StringComparison.Ordinal)
            : kind is FaultKind.DeleteFile or FaultKind.Rename && path.EndsWith(".segment", StringComparison.Ordinal);

    /// <summary>What of the closing a call shows; null for nothing.</summary>
    private static string? StepOf(FaultKind kind, string path, bool areUsersOver)
    {
        string file = Path.GetFileName(path);
        bool isOfGroups = path.Contains("groups", StringComparison.Ordinal);
        return kind switch
        {
            FaultKind.Flush when !areUsersOver && file.EndsWith(".segment", StringComparison.Ordinal) =>
                isOfGroups ? "consumers" : "producers",
            FaultKind.OpenFile when file.EndsWith(".index.new", StringComparison.Ordinal) =>
                isOfGroups ? "offsets" : "partitions",
            FaultKind.Rename when file.StartsWith("closed", StringComparison.Ordinal) => "clean mark",
            _ => null,
        };
    }

    private static void Use(
        SimulatedPlatform machine,
        CommitLog log,
        out Producer<string, string> producer,
        out Consumer<string, string> consumer)
    {
        TopicOptions options = new() { SegmentBytes = 16 << 10, MaxRecordBytes = 4_000 };
        machine.Run(log.EnsureTopicAsync("topic", options));
        Producer<string, string> sends = log.CreateProducer<string, string>("topic");
        Consumer<string, string> reads = log.CreateConsumer<string, string>(
            "topic", "group", new ConsumerOptions
            {
                CommitInterval = TimeSpan.FromHours(1),
                CommitDurability = Durability.Flushed,
            });
        machine.Run(async () =>
        {
            for (int i = 0; i < Records; i++)
            {
                await sends.ProduceAsync("key", new string('x', 1_000));
            }

            int read = 0;
            await foreach (Record<string, string> record in reads.ReadAllAsync())
            {
                if (++read == Records)
                {
                    break;
                }
            }
        });
        (producer, consumer) = (sends, reads);
    }

    /// <summary>Closes a log in use while a call fails; returns how many calls of the kind it makes.</summary>
    private static long Close(FaultKind kind, long call)
    {
        using SimulatedPlatform machine = new(seed: 1);
        FaultingFileSystem faults = new(machine.Platform.Files);
        CommitLogOptions options = new()
        {
            LoggerFactory = new HostileLogger(new Moods(1, 1)),
            ScrubBytesPerSecond = 64 << 10,
        };
        CommitLog log = machine.Run(OpenLog.OnAsync(machine.Platform with { Files = faults }, options));
        Use(machine, log, out Producer<string, string> producer, out Consumer<string, string> consumer);
        faults.Reset();
        if (call > 0)
        {
            faults.Fail(kind, call, FileSystemError.Other);
        }

        try
        {
            machine.Run(log.DisposeAsync(), TimeSpan.FromMinutes(1));
        }
        catch (Exception failure) when (failure is EmbeddedLogException or AggregateException)
        {
            // It is told, and that is all.
        }

        long calls = faults.CountOf(kind);
        faults.Clear();
        machine.Scheduler.RunUntilIdle();
        Assert.Empty(machine.Disk.OpenFiles);
        Assert.Empty(machine.Disk.LiveMaps);
        machine.Run(producer.DisposeAsync());
        machine.Run(consumer.DisposeAsync());

        CommitLog next = machine.Run(OpenLog.OnAsync(machine));
        Assert.Equal(Records, next.GetTopic("topic")[0].EndOffset);
        machine.Run(next.DisposeAsync());
        machine.Scheduler.RunUntilIdle();
        Assert.Empty(machine.Disk.Violations);
        return calls;
    }
}
