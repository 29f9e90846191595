using System.Runtime.CompilerServices;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.UserCode;

/// <summary>
/// Nothing of the caller's execution context is in what the log does in the background, or is kept by it.
/// </summary>
[Collection(Alone.Name)]
public sealed class ContextTests
{
    private static readonly AsyncLocal<object?> s_callers = new();

    /// <summary>Set where the caller's value was seen after the caller had given it up.</summary>
    private static string? s_leak;

    /// <summary>Whether the caller has given its value up.</summary>
    private static bool s_over;

    [Fact]
    public async Task Background_OfCallsWithAContext_NeitherSeesNorKeepsIt()
    {
        using TempDirectory root = new();
        Lines lines = new();
        CommitLogOptions options = new()
        {
            TimeProvider = new LookingTime(),
            LoggerFactory = new HostileLogger(new Moods(0, 0)) { OnLine = lines.Add },
            RetentionCheckInterval = TimeSpan.FromMilliseconds(5),
            ScrubBytesPerSecond = 1L << 30,
            ScrubInterval = TimeSpan.FromSeconds(1),
        };
        Platform real = RealPlatform.Create(options.TimeProvider);
        Platform platform = real with { Files = new ObservedFiles(real.Files, Look) };
        s_leak = null;
        s_over = false;

        // Each first call, which may start something, with the value of a request.
        (WeakReference request, CommitLog log, Consumer<string, string> consumer) =
            await RequestAsync(platform, root["log"], options);
        Volatile.Write(ref s_over, true);

        Topic topic = log.GetTopic("topic");
        for (int i = 0; i < 30; i++)
        {
            topic[0].Append(new RawRecord("key"u8, new byte[2_000]));
        }

        FlushedWaiter flushed = new() { Target = topic[0].EndOffset };
        topic[0].Log.AddFlushWaiter(flushed);
        Assert.Null(await flushed.Task);
        await lines.After("Retention removed", 1);
        await lines.After("A scrub checked", 1);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.Null(s_leak);
        Assert.False(request.IsAlive, "The log keeps what the request that opened it has had in its context.");
        await consumer.DisposeAsync();
        await log.DisposeAsync();
        Assert.Null(s_leak);
    }

    [Fact]
    public async Task Items_QueuedWithAContext_DoNotSeeIt()
    {
        ThreadPoolWorkQueue work = new();
        Action<IThreadPoolWorkItem>[] ways =
        [
            work.Queue,
            work.QueueBlocking,
            item => new AssuredWork(work, item).Queue(),
        ];
        foreach (Action<IThreadPoolWorkItem> queue in ways)
        {
            LookingItem item = new();
            s_callers.Value = new object();
            queue(item);
            s_callers.Value = null;
            Assert.Null(await item.Seen);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task<(WeakReference Request, CommitLog Log, Consumer<string, string> Consumer)> RequestAsync(
        Platform platform, string directory, CommitLogOptions options)
    {
        // A context of its own, as a request has.
        object value = new();
        s_callers.Value = value;
        Task<(WeakReference, CommitLog, Consumer<string, string>)> task =
            UseAsync(new WeakReference(value), platform, directory, options);
        s_callers.Value = null;
        return task;
    }

    private static async Task<(WeakReference Request, CommitLog Log, Consumer<string, string> Consumer)> UseAsync(
        WeakReference request, Platform platform, string directory, CommitLogOptions options)
    {
        CommitLog log = await CommitLog.OpenAsync(directory, options, platform, CancellationToken.None);
        await log.CreateTopicAsync("topic", new TopicOptions
        {
            SegmentBytes = 16 << 10,
            MaxRecordBytes = 4_000,
            FlushInterval = TimeSpan.FromMilliseconds(1),
            Retention = new RetentionPolicy { MaxBytesPerPartition = 1 },
        });
        Producer<string, string> producer = log.CreateProducer<string, string>("topic");
        Consumer<string, string> consumer = log.CreateConsumer<string, string>("topic", "group", new()
        {
            CommitInterval = TimeSpan.FromMilliseconds(1),
        });
        for (int i = 0; i < 20; i++)
        {
            await producer.ProduceAsync("key", new string('x', 2_000));
        }

        await foreach (Record<string, string> record in consumer.ReadToEndAsync())
        {
            Assert.Equal("key", record.Key);
        }

        await consumer.CommitFinishedAsync();
        await producer.DisposeAsync();
        return (request, log, consumer);
    }

    private static void Look(string where)
    {
        if (Volatile.Read(ref s_over) && s_callers.Value is not null)
        {
            s_leak ??= where;
        }
    }

    /// <summary>Counts lines and looks at the context in each.</summary>
    private sealed class Lines
    {
        private readonly Lock _gate = new();
        private readonly List<(string Beginning, int Count, TaskCompletionSource Done)> _waits = [];
        private readonly List<string> _lines = [];

        public void Add(string line)
        {
            Look("the logger");
            lock (_gate)
            {
                // What happens from then on counts.
                if (Volatile.Read(ref s_over))
                {
                    _lines.Add(line);
                }

                foreach ((string beginning, int count, TaskCompletionSource done) in _waits)
                {
                    if (Count(beginning) >= count)
                    {
                        done.TrySetResult();
                    }
                }
            }
        }

        public Task After(string beginning, int more)
        {
            lock (_gate)
            {
                TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _waits.Add((beginning, more, done));
                if (Count(beginning) >= more)
                {
                    done.SetResult();
                }

                return done.Task;
            }
        }

        private int Count(string beginning) =>
            _lines.Count(line => line.StartsWith(beginning, StringComparison.Ordinal));
    }

    /// <summary>Tells what of the caller's context it is run with.</summary>
    private sealed class LookingItem : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource<object?> _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<object?> Seen => _seen.Task;

        public void Execute() => _seen.SetResult(s_callers.Value);
    }

    private sealed class LookingTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow()
        {
            Look("the clock");
            return System.GetUtcNow();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(
                inner =>
                {
                    Look("a timer");
                    callback(inner);
                },
                state,
                dueTime,
                period);
    }
}
