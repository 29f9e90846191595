using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.UserCode;

/// <summary>
/// No clock of the user's is called under a lock: while one is called, other threads can use the log and the consumer.
/// </summary>
public sealed class LockTests
{
    [Theory]
    [InlineData(Durability.Written)]
    [InlineData(Durability.Flushed)]
    public async Task Clock_CalledByAnything_IsCalledUnderNoLock(Durability durability)
    {
        using TempDirectory root = new();
        AskingTime clock = new();
        CommitLogOptions options = new() { TimeProvider = clock };
        await using CommitLog log = await CommitLog.OpenAsync(root["log"], options);
        Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { Partitions = 2 });
        await using Producer<string, string> producer = log.CreateProducer<string, string>("topic");
        await using Consumer<string, string> consumer = log.CreateConsumer<string, string>(
            "topic",
            "group",
            new ConsumerOptions { CommitInterval = TimeSpan.FromMilliseconds(1), CommitDurability = durability });
        await using Consumer<string, string> other = log.CreateConsumer<string, string>("topic", "other");

        // What takes the locks of the consumer, of the committed offsets, of the partition and of the topics.
        clock.Ask = () =>
        {
            TopicPartition partition = topic[0].TopicPartition;
            consumer.Pause(partition);
            consumer.Resume(partition);
            consumer.Committed(partition);
            other.CommitAsync(new NextOffset(new("topic", 1), 0)).AsTask().GetAwaiter().GetResult();
            topic[0].Append(new RawRecord("asked"u8));
            log.GetPins();
        };
        for (int i = 0; i < 20; i++)
        {
            await producer.ProduceAsync("key", "value");
            consumer.Seek(new TopicPartitionOffset("topic", 0, topic[0].StartOffset));
            await consumer.CommitFinishedAsync();
            await consumer.CommitAsync(new NextOffset(new("topic", 0), 0));
            await log.ApplyRetentionAsync();
        }

        Assert.Equal(0, clock.KeptOut);
        Assert.True(clock.Asked > 0);
        clock.Ask = null;
    }

    /// <summary>Has something done by another thread before it answers, and waits for it.</summary>
    private sealed class AskingTime : TimeProvider
    {
        /// <summary>Longer than that takes: it bounds a wait that would have no end.</summary>
        private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

        [ThreadStatic]
        private static bool s_isAsking;

        private int _asked;
        private int _keptOut;

        public Action? Ask { get; set; }

        public int Asked => Volatile.Read(ref _asked);

        public int KeptOut => Volatile.Read(ref _keptOut);

        public override DateTimeOffset GetUtcNow()
        {
            Look();
            return System.GetUtcNow();
        }

        public override long GetTimestamp()
        {
            Look();
            return System.GetTimestamp();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Look();
            return new Timer(this, System.CreateTimer(callback, state, dueTime, period));
        }

        private void Look()
        {
            if (s_isAsking || Ask is not { } ask || KeptOut != 0)
            {
                return;
            }

            Interlocked.Increment(ref _asked);
            Thread asking = new(() =>
            {
                s_isAsking = true;
                try
                {
                    ask();
                }
                catch (ObjectDisposedException)
                {
                    // Whoever asked for the time was slow, and all is disposed meanwhile.
                }
            });
            asking.IsBackground = true;
            asking.Start();
            if (!asking.Join(s_limit))
            {
                Interlocked.Increment(ref _keptOut);
            }
        }

        private sealed class Timer(AskingTime time, ITimer inner) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                time.Look();
                return inner.Change(dueTime, period);
            }

            public void Dispose() => inner.Dispose();

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
