using System.Globalization;
using EmbeddedLog.Concurrency;
using EmbeddedLog.Opening;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Producing;

/// <summary>Many threads and a real disk.</summary>
public sealed class ProducerThreadTests
{
    private const int Threads = 8;
    private const int RecordsPerThread = 2000;
    private const int MaxInFlightBytes = 4096;

    private static readonly PartitionSettings s_settings = PartitionFixture.Settings(segmentBytes: 256 << 10);

    [Fact]
    public async Task Produce_FromManyThreadsInEveryWay_KeepsTheOrderOfEachAndTheBound()
    {
        using TempDirectory root = new();
        await using PartitionFixture fixture = new(RealPlatform.Create(TimeProvider.System), root.Path);
        OwnedPartition[] partitions = Open(fixture, count: 3);
        await using Producer<string, string> producer = Create(fixture, partitions, Durability.Flushed);
        long highest = 0;

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
        {
            List<Task> sent = [];
            for (int i = 0; i < RecordsPerThread; i++)
            {
                await SendAsync(producer, thread, i, sent);
                InterlockedMax(ref highest, producer.InFlightBytes);
            }

            await Task.WhenAll(sent);
        })));
        await producer.FlushAsync();

        Assert.InRange(highest, 1, MaxInFlightBytes);
        Assert.Equal(0, producer.InFlightBytes);
        Assert.All(partitions, partition => Assert.Equal(partition.EndOffset, partition.DurableOffset));
        AssertAllInOrder(partitions);
    }

    [Fact]
    public async Task TryProduce_FromManyThreadsWritten_LosesNothing()
    {
        using TempDirectory root = new();
        await using PartitionFixture fixture = new(RealPlatform.Create(TimeProvider.System), root.Path);
        OwnedPartition[] partitions = Open(fixture, count: 3);
        await using Producer<string, string> producer = Create(fixture, partitions, Durability.Written);

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < RecordsPerThread; i++)
            {
                Assert.True(producer.TryProduce(Key(thread), Value(i), out _));
            }
        })));

        AssertAllInOrder(partitions);
    }

    [Fact]
    public async Task ProduceAsync_WithTokensThatAreCancelledAllTheTime_KeepsWhatItAcknowledged()
    {
        using TempDirectory root = new();
        await using PartitionFixture fixture = new(RealPlatform.Create(TimeProvider.System), root.Path);
        OwnedPartition[] partitions = Open(fixture, count: 2);
        await using Producer<string, string> producer = Create(fixture, partitions, Durability.Flushed);

        List<string>[] acknowledged = await Task.WhenAll(
            Enumerable.Range(0, Threads).Select(thread => Task.Run(() => SendAndCancelAsync(producer, thread))));
        await producer.FlushAsync();

        Assert.Equal(0, producer.InFlightBytes);
        ILookup<string, string> stored = ReadAll(partitions);
        for (int thread = 0; thread < Threads; thread++)
        {
            string[] values = [.. stored[Key(thread)]];
            Assert.Equal(values.Distinct().Order(StringComparer.Ordinal), values);
            Assert.Empty(acknowledged[thread].Except(values));
        }
    }

    [Fact]
    public async Task Dispose_WithRecordsInFlight_BlocksUntilTheyAreDurable()
    {
        using TempDirectory root = new();
        await using PartitionFixture fixture = new(RealPlatform.Create(TimeProvider.System), root.Path);
        OwnedPartition[] partitions = Open(fixture, count: 2);
        Producer<string, string> producer = Create(fixture, partitions, Durability.Flushed);
        for (int i = 0; i < 1000; i++)
        {
            _ = producer.ProduceAsync(Key(i), Value(i));
        }

        producer.Dispose();

        Assert.Equal(1000, partitions.Sum(partition => partition.DurableOffset));
    }

    private static async Task SendAsync(Producer<string, string> producer, int thread, int i, List<Task> sent)
    {
        switch (i % 4)
        {
            case 0:
                while (!producer.TryProduce(Key(thread), Value(i), out _))
                {
                    await producer.WaitToProduceAsync();
                }

                break;
            case 1:
                sent.Add(producer.ProduceBatchAsync([(Key(thread), Value(i))]).AsTask());
                break;
            case 2:
                await producer.ProduceAsync(Key(thread), Value(i));
                break;
            default:
                sent.Add(producer.ProduceAsync(Key(thread), Value(i)).AsTask());
                break;
        }
    }

    /// <summary>Sends ten at a time and cancels them; returns what was acknowledged all the same.</summary>
    private static async Task<List<string>> SendAndCancelAsync(Producer<string, string> producer, int thread)
    {
        List<string> values = [];
        for (int i = 0; i < RecordsPerThread; i += 10)
        {
            using CancellationTokenSource source = new();
            Task<RecordMetadata>[] sent =
            [
                .. Enumerable.Range(i, 10).Select(
                    n => producer.ProduceAsync(Key(thread), Value(n), source.Token).AsTask()),
            ];
            await source.CancelAsync();
            for (int n = 0; n < sent.Length; n++)
            {
                try
                {
                    await sent[n];
                    values.Add(Value(i + n));
                }
                catch (OperationCanceledException)
                {
                }
            }
        }

        return values;
    }

    private static void AssertAllInOrder(OwnedPartition[] partitions)
    {
        ILookup<string, string> stored = ReadAll(partitions);
        Assert.Equal(Threads, stored.Count);
        Assert.All(stored, key => Assert.Equal(Enumerable.Range(0, RecordsPerThread).Select(Value), key));
    }

    private static ILookup<string, string> ReadAll(OwnedPartition[] partitions) =>
        partitions.SelectMany(StoredRecord.ReadAll).ToLookup(record => record.KeyText!, record => record.ValueText!);

    private static void InterlockedMax(ref long highest, long value)
    {
        long seen = Volatile.Read(ref highest);
        while (value > seen)
        {
            long found = Interlocked.CompareExchange(ref highest, value, seen);
            seen = found == seen ? value : found;
        }
    }

    private static string Key(int thread) => thread.ToString(CultureInfo.InvariantCulture);

    private static string Value(int i) => i.ToString("0000000", CultureInfo.InvariantCulture);

    private static OwnedPartition[] Open(PartitionFixture fixture, int count) =>
        [.. Enumerable.Range(0, count).Select(number => new OwnedPartition(fixture.Open("t", number, s_settings)))];

    private static Producer<string, string> Create(
        PartitionFixture fixture, OwnedPartition[] partitions, Durability durability) =>
        new(
            ProducerFixture.TopicOf("t", partitions),
            Serdes.Utf8,
            Serdes.Utf8,
            Partitioners.Default(),
            new ProducerOptions { Durability = durability, MaxInFlightBytes = MaxInFlightBytes }
                .ValidatedCopy(),
            fixture.Platform.Work,
            new LogUsers());
}
