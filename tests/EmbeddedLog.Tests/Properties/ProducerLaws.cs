using System.Globalization;
using EmbeddedLog.Partitioning;
using EmbeddedLog.Tests.Producing;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties;

/// <summary>
/// What holds for producers whatever is sent, in whatever way, and whenever the disk gets round to it.
/// </summary>
public sealed class ProducerLaws
{
    /// <summary>
    /// What a record takes beside its value at least: the header, the length of the key, and a key of two bytes.
    /// </summary>
    private const int Overhead = 24 + 1 + 2;

    private enum Way
    {
        Try,
        Async,
        Batch,
        Run,
    }

    [Fact]
    public void RecordsOfAKeyStayInOnePartitionInTheirOrder() =>
        Prop.ForAll(Steps().ToArbitrary(), Gen.Choose(1, 6).ToArbitrary(), Seeds(), (steps, partitions, seed) =>
        {
            using ProducerFixture topic = new(partitions, seed: seed, yieldProbability: 0.2);
            Producer<string, string> producer = topic.Create(maxInFlightBytes: 300);
            Dictionary<string, List<string>> sent = [];
            List<Task> tasks = [];
            for (int i = 0; i < steps.Length; i++)
            {
                ProducerRecord<string, string> record = new(steps[i].Key, steps[i].Value(i));
                bool accepted = Do(topic, producer, steps[i], record, tasks);
                if (accepted)
                {
                    (sent.TryGetValue(record.Key, out List<string>? values) ? values : sent[record.Key] = [])
                        .Add(record.Value);
                }
            }

            topic.Machine.Run(() => Task.WhenAll(tasks));
            for (int partition = 0; partition < partitions; partition++)
            {
                foreach (IGrouping<string, StoredRecord> key in topic.Read(partition).GroupBy(r => r.KeyText!))
                {
                    Assert.Equal(Murmur2.Partition(key.First().Key, partitions), partition);
                    Assert.Equal(sent[key.Key], key.Select(record => record.ValueText!));
                    sent.Remove(key.Key);
                }
            }

            Assert.Empty(sent);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void WhatIsSentIsWhatIsStored() =>
        Prop.ForAll(Records().NonEmptyListOf().ToArbitrary(), Gen.Choose(0, 2).ToArbitrary(), (records, way) =>
        {
            using ProducerFixture topic = new();
            Producer<byte[], byte[]> producer = topic.Create(Serdes.Bytes, Serdes.Bytes);
            IReadOnlyList<RecordMetadata> sent = way switch
            {
                0 => [.. records.Select(record => topic.Run(producer.ProduceAsync(record)))],
                1 => topic.Run(producer.ProduceBatchAsync([.. records])),
                _ => [.. records.Select(record => producer.TryProduce(record, out RecordMetadata written)
                    ? written
                    : throw new InvalidOperationException())],
            };
            IReadOnlyList<StoredRecord> stored = topic.Read();
            Assert.Equal(records.Count, stored.Count);
            foreach ((ProducerRecord<byte[], byte[]> record, RecordMetadata metadata) in records.Zip(sent))
            {
                StoredRecord found = stored[(int)metadata.Offset];
                long time = (record.Timestamp ?? topic.Machine.Time.GetUtcNow()).ToUnixTimeMilliseconds();
                Assert.Equal(record.Key, found.Key);
                Assert.Equal(record.Value, found.Value);
                Assert.Equal(record.Headers ?? Headers.Empty, found.Headers);
                Assert.Equal((time, time), (found.Timestamp, metadata.Timestamp.ToUnixTimeMilliseconds()));
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void BytesInFlightStayWithinTheBoundAndRoomComesBack() =>
        Prop.ForAll(Steps().ToArbitrary(), Gen.Choose(1, 600).ToArbitrary(), Seeds(), (steps, bound, seed) =>
        {
            using ProducerFixture topic = new(2, seed: seed, yieldProbability: 0.2);
            Producer<string, string> producer = topic.Create(maxInFlightBytes: bound);
            long largest = steps.Max(step => step.Bytes);
            List<Task> tasks = [];
            for (int i = 0; i < steps.Length; i++)
            {
                Do(topic, producer, steps[i], (steps[i].Key, steps[i].Value(i)), tasks);
                long inFlight = producer.InFlightBytes;
                long[] notDurable = NotDurable(topic);

                // What counts is never less than what is so; one alone may be over the bound.
                Assert.InRange(inFlight, notDurable.Sum(), Math.Max(bound, largest));
                Assert.True(inFlight <= bound || notDurable.Length <= 1);
            }

            // Nobody flushes, and no time passes.
            topic.Settle();
            Assert.All(tasks, task => Assert.True(task.IsCompletedSuccessfully));
            while (!producer.TryProduce("kk", new string('v', bound), out _))
            {
                topic.Run(producer.WaitToProduceAsync());
            }

            topic.Run(producer.FlushAsync());
            Assert.Equal(0, producer.InFlightBytes);
        }).QuickCheckThrowOnFailure();

    private static bool Do(
        ProducerFixture topic,
        Producer<string, string> producer,
        Step step,
        ProducerRecord<string, string> record,
        List<Task> tasks)
    {
        switch (step.Way)
        {
            case Way.Try:
                return producer.TryProduce(record, out _);
            case Way.Async:
                tasks.Add(producer.ProduceAsync(record).AsTask());
                return true;
            case Way.Batch:
                tasks.Add(producer.ProduceBatchAsync([record]).AsTask());
                return true;
            default:
                topic.Machine.Scheduler.RunOne();
                return false;
        }
    }

    /// <summary>The bytes of the records that are not durable yet.</summary>
    private static long[] NotDurable(ProducerFixture topic) =>
    [
        .. from partition in topic.Partitions
           from record in StoredRecord.ReadAll(partition)
           where record.Offset >= partition.DurableOffset
           select (long)(record.Value!.Length + Overhead),
    ];

    private static Arbitrary<int> Seeds() => Gen.Choose(0, int.MaxValue - 1).ToArbitrary();

    private static Gen<Step[]> Steps() =>
        Gen.NonEmptyListOf(
            from way in Gen.Elements(Way.Try, Way.Async, Way.Async, Way.Batch, Way.Run)
            from key in Gen.Choose(10, 14)
            from bytes in Gen.Frequency((9, Gen.Choose(0, 100)), (1, Gen.Choose(100, 1000)))
            select new Step(way, key.ToString(CultureInfo.InvariantCulture), bytes)).Select(steps => steps.ToArray());

    private static Gen<ProducerRecord<byte[], byte[]>> Records()
    {
        Gen<byte[]> bytes = Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value));
        Gen<byte[]?> bytesOrNull = OrNull(bytes);
        Gen<Header> header =
            from name in ArbMap.Default.GeneratorFor<Guid>()
            from value in bytesOrNull
            select value is null ? new Header(name.ToString()[..4]) : new Header(name.ToString()[..4], value);
        Gen<DateTimeOffset?> times =
            from time in ArbMap.Default.GeneratorFor<DateTimeOffset>().Where(time => time.Year < 6000)
            from given in ArbMap.Default.GeneratorFor<bool>()
            select given ? (DateTimeOffset?)time : null;
        return from key in bytesOrNull
               from value in bytesOrNull
               from headers in OrNull(Gen.ListOf(header).Select(all => new Headers(all)))
               from timestamp in times
               select new ProducerRecord<byte[], byte[]>(key!, value!) { Headers = headers, Timestamp = timestamp };
    }

    private static Gen<T?> OrNull<T>(Gen<T> values)
        where T : class =>
        Gen.Frequency((3, values.Select(value => (T?)value)), (1, Gen.Constant<T?>(null)));

    /// <summary>Something to do: to send a record in some way, or to let the machine run a little.</summary>
    private sealed record Step(Way Way, string Key, int Padding)
    {
        /// <summary>At most what the record takes in the log.</summary>
        public long Bytes => 24 + 16 + 8 + Key.Length + Value(0).Length + 8;

        /// <summary>A value that tells the step.</summary>
        public string Value(int number) =>
            number.ToString("00000", CultureInfo.InvariantCulture) + new string('v', Padding);
    }
}
