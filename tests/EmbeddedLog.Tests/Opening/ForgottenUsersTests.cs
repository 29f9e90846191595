using System.Runtime.CompilerServices;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Following;
using EmbeddedLog.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace EmbeddedLog.Tests.Opening;

/// <summary>
/// Consumers and producers that nobody refers to any more: what they owe is done all the same, and those that owe
/// nothing are left to the collector.
/// </summary>
public sealed class ForgottenUsersTests : IDisposable
{
    private const int Records = 40;

    private static readonly TopicPartition s_partition = new("topic", 0);

    private readonly SimulatedPlatform _machine = new(seed: 1);
    private readonly FakeTimeProvider _time = new();
    private readonly FaultingFileSystem _files;
    private readonly CommitLog _log;

    public ForgottenUsersTests()
    {
        _files = new FaultingFileSystem(_machine.Platform.Files);
        _log = _machine.Run(OpenLog.OnAsync(_machine.Platform with { Files = _files, Time = _time }));
        _machine.Run(_log.EnsureTopicAsync("topic"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Dispose_OfALogWithAnIntervalConsumer_CommitsWhatItHasFinished(bool blocks)
    {
        Append();
        Consume();
        Collect();

        Close(blocks);

        Assert.Equal(Records, CommittedByTheNext());
    }

    [Fact]
    public void Interval_OfAConsumer_CommitsWhatItHasFinished()
    {
        Append();
        Consume();
        Collect();

        _time.Advance(TimeSpan.FromHours(1));
        _machine.Scheduler.RunUntilIdle();

        Assert.Equal(Records, _log.Offsets.Effective("group", _log.GetTopic("topic")[0].Log)?.Offset);
        Close(blocks: false);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Dispose_OfALogWithAProducer_AppendsWhatWaitsForRoom(bool blocks)
    {
        Send();
        Assert.True(_log.GetTopic("topic")[0].EndOffset < Records);
        Collect();

        Close(blocks);

        using CommitLog next = _machine.Run(OpenLog.OnAsync(_machine));
        Assert.Equal(Records, next.GetTopic("topic")[0].EndOffset);
    }

    [Theory]
    [InlineData(Durability.Written)]
    [InlineData(Durability.Flushed)]
    public void Dispose_OfALogWithAProducer_TellsAFlushThatHasFailed(Durability durability)
    {
        WriteAndFailToFlush(durability);
        Collect();

        Assert.Throws<PartitionFailedException>(() => Close(blocks: false));
    }

    [Fact]
    public void Dispose_OfALogThatIsReadByAConsumer_EndsTheRead()
    {
        Append();
        IAsyncEnumerator<Record<string, string>> read = Read();
        Collect();

        Close(blocks: false);

        Assert.Throws<ObjectDisposedException>(() => _machine.Run(read.MoveNextAsync()));
    }

    [Fact]
    public void Dispose_OfAFollowerThatIsReadByAConsumer_EndsTheRead()
    {
        using FollowFixture follow = new();
        follow.Open();
        follow.Append(Records);
        ReadOnlyLog log = follow.Follow();
        IAsyncEnumerator<Record<byte[], byte[]>> read = Read(log, follow.Machine);
        Collect();

        log.Dispose();

        Assert.Throws<ObjectDisposedException>(() => follow.Machine.Run(read.MoveNextAsync()));
        Close(blocks: false);
    }

    [Fact]
    public void Users_ThatOweNothing_AreLeftToTheCollector()
    {
        Append();
        List<WeakReference> users = [];
        UseOften(users);
        Collect();

        Assert.Equal(0, users.Count(user => user.IsAlive));
        Close(blocks: false);
    }

    [Fact]
    public void Create_OfAConsumerWhoseGroupHadOneThatIsForgotten_TakesItsPlace()
    {
        Append();
        Forget();
        Collect();

        using Consumer<string, string> consumer = _log.CreateConsumer<string, string>("topic", "group");

        Assert.Equal(Records, _machine.Run(consumer.TakeToEndAsync).Count);
        Close(blocks: false);
    }

    public void Dispose() => _machine.Dispose();

    /// <summary>A consumer that was not disposed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Forget()
    {
        Consumer<string, string> forgotten = _log.CreateConsumer<string, string>("topic", "group");
        _machine.Run(() => forgotten.TakeFinishedAsync(1));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Append()
    {
        using Producer<string, string> producer = _log.CreateProducer<string, string>("topic");
        for (int i = 0; i < Records; i++)
        {
            Assert.True(producer.TryProduce("key", "value", out _));
        }

        _machine.Run(producer.FlushAsync());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Consume()
    {
        Consumer<string, string> consumer = _log.CreateConsumer<string, string>(
            "topic", "group", new ConsumerOptions { CommitInterval = TimeSpan.FromHours(1) });
        List<Record<string, string>> read = _machine.Run(() => consumer.TakeFinishedAsync(Records));
        Assert.Equal(Records, read.Count);
        _machine.Scheduler.RunUntilIdle();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Send()
    {
        Producer<string, string> producer = _log.CreateProducer<string, string>(
            "topic", new ProducerOptions { MaxInFlightBytes = 200 });
        for (int i = 0; i < Records; i++)
        {
            _ = producer.ProduceAsync("key", "value");
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteAndFailToFlush(Durability durability)
    {
        Producer<string, string> producer = _log.CreateProducer<string, string>(
            "topic", new ProducerOptions { Durability = durability });
        Assert.True(producer.TryProduce("key", "value", out _));
        _files.Reset();
        _files.Fail(FaultKind.Flush, 1, FileSystemError.DeviceFailure);
        _time.Advance(TimeSpan.FromHours(1));
        _machine.Scheduler.RunUntilIdle();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private IAsyncEnumerator<Record<string, string>> Read()
    {
        Consumer<string, string> consumer = _log.CreateConsumer<string, string>("topic", "group");
        IAsyncEnumerator<Record<string, string>> read = consumer.ReadAllAsync().GetAsyncEnumerator();
        Assert.True(_machine.Run(read.MoveNextAsync()));
        return read;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IAsyncEnumerator<Record<byte[], byte[]>> Read(ReadOnlyLog log, SimulatedPlatform machine)
    {
        IAsyncEnumerator<Record<byte[], byte[]>> read =
            log.CreateConsumer<byte[], byte[]>(FollowFixture.Topic).ReadAllAsync().GetAsyncEnumerator();
        Assert.True(machine.Run(read.MoveNextAsync()));
        return read;
    }

    /// <summary>
    /// Consumers and producers of every kind, some disposed, some forgotten, none of which owes anything.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void UseOften(List<WeakReference> users)
    {
        for (int i = 0; i < 20; i++)
        {
            Consumer<string, string> interval = _log.CreateConsumer<string, string>(
                "topic", "group", new ConsumerOptions { CommitInterval = TimeSpan.FromHours(1) });
            _machine.Run(() => interval.TakeFinishedAsync(1));
            _machine.Run(interval.DisposeAsync());
            Consumer<string, string> alone = _log.CreateConsumer<string, string>("topic");
            _machine.Run(() => alone.TakeFinishedAsync(1));
            Consumer<string, string> byHand = _log.CreateConsumer<string, string>("topic", $"group{i}");
            _machine.Run(() => byHand.TakeFinishedAsync(1));
            Producer<string, string> producer = _log.CreateProducer<string, string>("topic");
            _machine.Run(producer.ProduceAsync("key", "value"));
            Producer<string, string> disposed = _log.CreateProducer<string, string>("topic");
            _machine.Run(disposed.ProduceAsync("key", "value"));
            _machine.Run(disposed.DisposeAsync());
            object[] made = [interval, alone, byHand, producer, disposed];
            users.AddRange(made.Select(user => new WeakReference(user)));
        }

        _machine.Scheduler.RunUntilIdle();
    }

    private void Close(bool blocks)
    {
        if (blocks)
        {
            _log.Dispose();
        }
        else
        {
            _machine.Run(_log.DisposeAsync());
        }
    }

    private long? CommittedByTheNext()
    {
        using CommitLog next = _machine.Run(OpenLog.OnAsync(_machine));
        using Consumer<string, string> consumer = next.CreateConsumer<string, string>("topic", "group");
        return consumer.Committed(s_partition);
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
