using System.Text;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>One partition's trouble is its own: the others go on, and it is tried again, or skipped.</summary>
public sealed class ConsumerTroubleTests : IDisposable
{
    private const int Partitions = 4;
    private const int Records = 1000;
    private const int Bad = 500;

    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Theory]
    [InlineData("deserializer")]
    [InlineData("damage")]
    [InlineData("retention")]
    public void Read_OnePartitionFails_TheOthersAreReadWithoutAPause(string trouble) => _simulation.Run(async () =>
    {
        (Consumer<string, string> consumer, _, int readable) = await MakeAsync(trouble);
        int failures = 0;
        List<Record<string, string>> read = [];
        while (read.Count < readable)
        {
            try
            {
                await foreach (Record<string, string> record in consumer.ReadAllAsync())
                {
                    read.Add(record);
                    if (read.Count == readable)
                    {
                        break;
                    }
                }
            }
            catch (EmbeddedLogException failure)
            {
                Assert.Equal((1, Bad), (failure.Partition, failure.Offset));
                failures++;
            }
        }

        Assert.InRange(failures, 0, 1);
        Assert.Equal(read.Count, read.Places().Distinct().Count());
        await consumer.DisposeAsync();
    });

    [Theory]
    [InlineData("deserializer")]
    [InlineData("damage")]
    [InlineData("retention")]
    public void ReadToEndAsync_OnePartitionFails_ReadsTheOthersThenThrowsEachTime(string trouble) =>
        _simulation.Run(async () =>
        {
            (Consumer<string, string> consumer, TopicFixture topic, int readable) = await MakeAsync(trouble);
            List<Record<string, string>> read = [];
            for (int i = 0; i < 3; i++)
            {
                EmbeddedLogException failure = await Assert.ThrowsAnyAsync<EmbeddedLogException>(
                    () => ReadToEndAsync(consumer, read));
                Assert.Equal((1, Bad), (failure.Partition, failure.Offset));
                Assert.Equal(readable + i, read.Count);
                topic.Append(Records + i, partition: 2);
            }

            await consumer.DisposeAsync();
        });

    [Fact]
    public void Read_NothingElseIsReadable_WaitsTwiceAsLongEachTimeUpToALimit()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(1);
        using Consumer<string, int> consumer = topic.Consume(Serdes.Utf8, new NumberDeserializer { Bad = 0 });
        List<double> waited = [];
        for (int i = 0; i < 12; i++)
        {
            DateTimeOffset before = _simulation.Time.GetUtcNow();
            Assert.Throws<RecordDeserializationException>(
                () => _simulation.Run(() => consumer.TakeAsync(1), TimeSpan.FromSeconds(31)));
            waited.Add((_simulation.Time.GetUtcNow() - before).TotalMilliseconds);
        }

        Assert.Equal([0, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000], waited);

        // What ends the trouble begins anew.
        consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 0, 0));
        Assert.Throws<RecordDeserializationException>(() => _simulation.Run(() => consumer.TakeAsync(1)));
    }

    [Fact]
    public void Read_WaitsForTheNextAttempt_IsWokenByAnAppendElsewhere()
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.AppendNumbers(1);
        NumberDeserializer numbers = new() { Bad = 0 };
        using Consumer<string, int> consumer = topic.Consume(Serdes.Utf8, numbers);
        Assert.Throws<RecordDeserializationException>(() => _simulation.Run(() => consumer.TakeAsync(1)));
        Task<List<Record<string, int>>> reading = consumer.TakeAsync(2);
        _simulation.Scheduler.RunUntilIdle();
        Assert.False(reading.IsCompleted);
        topic.Append(7, partition: 1);
        _simulation.Scheduler.RunUntilIdle();
        Assert.False(reading.IsCompleted);

        numbers.Bad = null;
        _simulation.Time.Advance(TimeSpan.FromMilliseconds(100));
        _simulation.Scheduler.RunUntilIdle();

        Assert.Equal(["1:0", "0:0"], reading.Ended().Places());
    }

    [Fact]
    public void Resume_AfterAnAttemptWasDueWhilePaused_IsReadAgain()
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.AppendNumbers(1);
        NumberDeserializer numbers = new() { Bad = 0 };
        using Consumer<string, int> consumer = topic.Consume(Serdes.Utf8, numbers);
        Assert.Throws<RecordDeserializationException>(() => _simulation.Run(() => consumer.TakeAsync(1)));
        TopicPartition failed = new(TopicFixture.Topic, 0);
        consumer.Pause(failed);
        Task<List<Record<string, int>>> reading = consumer.TakeAsync(2);
        _simulation.Scheduler.RunUntilIdle();
        _simulation.Time.Advance(TimeSpan.FromSeconds(1));
        topic.Append(7, partition: 1);
        _simulation.Scheduler.RunUntilIdle();
        Assert.False(reading.IsCompleted);

        numbers.Bad = null;
        consumer.Resume(failed);
        _simulation.Scheduler.RunUntilIdle();

        Assert.Equal(["1:0", "0:0"], reading.Ended().Places());
    }

    [Fact]
    public void Skip_WhatCouldBeReadSince_IsRefused() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(3);
        NumberDeserializer numbers = new() { Bad = 0 };
        await using Consumer<string, int> consumer = topic.Consume(Serdes.Utf8, numbers);
        RecordDeserializationException failure =
            await Assert.ThrowsAsync<RecordDeserializationException>(() => consumer.TakeAsync(1));
        numbers.Bad = null;
        _simulation.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(["0:0"], (await consumer.TakeAsync(1)).Places());

        Assert.Contains(
            "could be read since",
            Assert.Throws<InvalidOperationException>(() => consumer.Skip(failure)).Message,
            StringComparison.Ordinal);
        Assert.Equal(["0:0", "0:1", "0:2"], (await consumer.TakeToEndAsync()).Places());
    });

    [Fact]
    public void Read_ADeserializerWhoseFailureHasNoMessage_IsToldAndTheOthersGoOn() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation, partitions: 2);
        topic.AppendNumbers(1);
        topic.Append(1, partition: 1);
        await using Consumer<string, int> consumer = topic.Consume(Serdes.Utf8, new Unspeakable());

        RecordDeserializationException failure =
            await Assert.ThrowsAsync<RecordDeserializationException>(() => consumer.TakeAsync(2));

        Assert.Contains("whose message cannot be read", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["1:0"], (await consumer.TakeAsync(1)).Places());
    });

    [Fact]
    public void Read_WaitsForTheNextAttemptAndIsCancelledOrDisposed_LeavesNoTimer()
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(1);
        int timers = _simulation.Time.ActiveTimers;
        Consumer<string, int> consumer = topic.Consume(Serdes.Utf8, new NumberDeserializer { Bad = 0 });
        Assert.Throws<RecordDeserializationException>(() => _simulation.Run(() => consumer.TakeAsync(1)));
        using CancellationTokenSource cancellation = new();
        Task reading = consumer.TakeAsync(1, cancellation.Token);
        _simulation.Scheduler.RunUntilIdle();
        cancellation.Cancel();
        _simulation.Scheduler.RunUntilIdle();
        Assert.ThrowsAny<OperationCanceledException>(reading.Ended);

        _simulation.Run(consumer.DisposeAsync());
        Assert.Equal(timers, _simulation.Time.ActiveTimers);
    }

    [Theory]
    [InlineData("deserializer", Bad + 1)]
    [InlineData("damage", Bad + 1)]
    [InlineData("retention", Bad + 100)]
    public void Skip_WhatAReadFailedAt_GoesOnBehindItAndCountsItAsFinished(string trouble, int behind) =>
        _simulation.Run(async () =>
        {
            (Consumer<string, string> consumer, TopicFixture topic, _) = await MakeAsync(trouble);
            await using (consumer)
            {
                EmbeddedLogException failure = await Assert.ThrowsAnyAsync<EmbeddedLogException>(
                    () => ReadToEndAsync(consumer, []));
                consumer.Skip(failure);
                Assert.Equal(behind, consumer.Position(new TopicPartition(TopicFixture.Topic, 1)));
                await consumer.CommitFinishedAsync();
                Assert.Equal(behind, topic.Committed(1));
                Assert.Contains(
                    $"no longer at {Bad}",
                    Assert.Throws<InvalidOperationException>(() => consumer.Skip(failure)).Message,
                    StringComparison.Ordinal);
            }

            // The next one of the group meets the damage on its way to the offset, and passes it.
            await using Consumer<string, string> next = topic.Consume(
                options: new ConsumerOptions { Start = StartAt.Error });
            List<Record<string, string>> rest = await next.TakeToEndAsync();
            Assert.Equal(Reading.Numbers(behind, Records - behind), rest.Values());
        });

    [Fact]
    public void Skip_ADamagedBatch_GoesOnBehindAllOfIt() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        long position = topic.Log.Writer.TailPosition;
        RecordBatch batch = new();
        for (int i = 10; i < 30; i++)
        {
            batch.Add(new RawRecord(Encoding.UTF8.GetBytes($"{i}"), Encoding.UTF8.GetBytes($"{i}")));
        }

        topic.Log.Append(batch, out _);
        for (int i = 30; i < 40; i++)
        {
            topic.Append(i);
        }

        Damage(topic, 0, position);
        await using Consumer<string, string> consumer = topic.Consume();
        CorruptLogException failure =
            await Assert.ThrowsAsync<CorruptLogException>(consumer.TakeToEndAsync);
        consumer.Skip(failure);

        Assert.Equal(Reading.Numbers(30, 10), (await consumer.TakeToEndAsync()).Values());
    });

    [Fact]
    public void Skip_WhatNamesNoPlace_IsRefused() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        await using Consumer<string, string> consumer = topic.Consume(
            options: new ConsumerOptions { Start = StartAt.Error });
        OffsetUnavailableException nothing =
            await Assert.ThrowsAsync<OffsetUnavailableException>(() => consumer.TakeAsync(1));

        Assert.Contains(
            "Seek to where to begin",
            Assert.Throws<ArgumentException>(() => consumer.Skip(nothing)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => consumer.Skip(new DiskFullException("full")));
        Assert.Throws<ArgumentException>(() => consumer.Skip(
            new RecordDeserializationException("other") { Topic = "other", Partition = 0, Offset = 0 }));
        Assert.Throws<ArgumentNullException>(() => consumer.Skip(null!));
    });

    public void Dispose() => _simulation.Dispose();

    /// <summary>Fails at zero with an exception that cannot even be asked why.</summary>
    private sealed class Unspeakable : IDeserializer<int>
    {
        public int Deserialize(ReadOnlySpan<byte> data, in SerializationContext context) =>
            data.SequenceEqual("0"u8) ? throw new UnspeakableException() : 1;
    }

    private sealed class UnspeakableException : Exception
    {
        public override string Message => throw new InvalidOperationException();
    }

    private static async Task ReadToEndAsync<TKey, TValue>(
        Consumer<TKey, TValue> consumer, List<Record<TKey, TValue>> read)
    {
        await foreach (Record<TKey, TValue> record in consumer.ReadToEndAsync())
        {
            read.Add(record);
        }
    }

    /// <summary>Damages the frame at a position.</summary>
    private void Damage(TopicFixture topic, int partition, long position)
    {
        string path = topic.Logs[partition].Segments.Last!.Path;
        using LogFile file = _simulation.Platform.Files.OpenFile(path, FileOpening.ReadWrite);
        file.Write([0xFF], position + 26);
    }

    /// <summary>
    /// A topic of which partition 1 cannot be read at one offset, and a consumer at the beginning of all, but where
    /// that offset is lost: there it is at that offset.
    /// </summary>
    private async Task<(Consumer<string, string> Consumer, TopicFixture Topic, int Readable)> MakeAsync(string trouble)
    {
        TopicFixture topic = TopicFixture.On(_simulation, Partitions);
        long position = 0;
        for (int partition = 0; partition < Partitions; partition++)
        {
            for (int i = 0; i < Records; i++)
            {
                bool isBad = partition == 1 && i == Bad;
                position = isBad ? topic.Logs[1].Writer.TailPosition : position;
                if (isBad && trouble == "deserializer")
                {
                    topic.Logs[1].Append(new RawRecord("bad"u8, "bad"u8), out _);
                }
                else
                {
                    topic.Append(i, partition);
                }
            }
        }

        Consumer<string, string> consumer = topic.Consume(
            Serdes.Utf8,
            new PickyDeserializer(),
            options: new ConsumerOptions { Start = StartAt.Error, MaxBufferedRecords = 100 });
        consumer.SeekTo(SeekTarget.Beginning);
        switch (trouble)
        {
            case "damage":
                Damage(topic, 1, position);
                break;
            case "retention":
                await topic.Logs[1].FlushAsync(Records, CancellationToken.None);
                topic.Logs[1].DeleteBefore(Bad + 100);
                consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, 1, Bad));
                break;
        }

        return (consumer, topic, ((Partitions - 1) * Records) + (trouble == "retention" ? 0 : Bad));
    }
}
