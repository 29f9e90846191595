using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>What holds for consumers of records that cannot be read, wherever they stand.</summary>
public sealed class ConsumerTroubleLaws
{
    private const int Partitions = 3;

    /// <summary>How a program reads.</summary>
    public enum Step
    {
        /// <summary>Record by record, as many as said.</summary>
        Read,

        /// <summary>In batches.</summary>
        ReadBatches,

        /// <summary>To the end.</summary>
        ReadToEnd,

        /// <summary>Skips the last failure.</summary>
        Skip,
    }

    /// <summary>
    /// Whatever is bad, and however it is read: every good record is handed out, in order and once, none of a partition
    /// behind a bad one that was not skipped, and skipping all that fails comes to the end.
    /// </summary>
    [Fact]
    public void EveryGoodRecordIsHandedOutOnceAndBadOnesHoldUpTheirPartitionAlone() =>
        Check.One(
            LawRuns.Of(300),
            Prop.ForAll(Arb.From(Programs()), program =>
            {
                using SimulatedPlatform machine = new(program.Seed);
                machine.Run(() => RunAsync(machine, program.Bad, program.Steps), TimeSpan.FromDays(1));
            }));

    private static Gen<(int Seed, bool[][] Bad, (Step Step, int Number)[] Steps)> Programs() =>
        from seed in Gen.Choose(0, int.MaxValue)
        from bad in Gen.Frequency((1, Gen.Constant(true)), (8, Gen.Constant(false))).ArrayOf().ArrayOf(Partitions)
        from steps in Gen.Zip(Gen.Elements(Enum.GetValues<Step>()), Gen.Choose(1, 20)).ArrayOf()
        select (seed, bad, steps.Select(step => (step.Item1, step.Item2)).ToArray());

    private static async Task RunAsync(SimulatedPlatform machine, bool[][] bad, (Step Step, int Number)[] steps)
    {
        TopicFixture topic = TopicFixture.On(machine, Partitions);
        for (int partition = 0; partition < Partitions; partition++)
        {
            foreach (bool isBad in bad[partition])
            {
                ReadOnlySpan<byte> value = isBad ? "bad"u8 : "good"u8;
                topic.Logs[partition].Append(new RawRecord("k"u8, value), out _);
            }
        }

        Consumer<string, string> consumer = topic.Consume(
            Serdes.Utf8, new PickyDeserializer(), options: new ConsumerOptions { MaxBufferedRecords = 4 });
        Seen seen = new(bad);
        foreach ((Step step, int number) in steps)
        {
            switch (step)
            {
                case Step.Read when seen.CanRead(number):
                    await seen.TryAsync(consumer, () => seen.ReadAsync(consumer, number));
                    break;
                case Step.ReadBatches when seen.CanRead(1):
                    await seen.TryAsync(consumer, () => seen.ReadBatchAsync(consumer, number));
                    break;
                case Step.ReadToEnd:
                    await seen.TryAsync(consumer, () => seen.ReadToEndAsync(consumer));
                    seen.AssertReadUpToBadOnes();
                    break;
                case Step.Skip:
                    seen.TrySkip(consumer);
                    break;
            }
        }

        while (!await seen.TryAsync(consumer, () => seen.ReadToEndAsync(consumer)))
        {
            seen.AssertReadUpToBadOnes();
            seen.TrySkip(consumer);
        }

        seen.AssertReadAll();
        await consumer.DisposeAsync();
    }

    /// <summary>What was handed out, and what must be.</summary>
    private sealed class Seen(bool[][] bad)
    {
        /// <summary>By partition: the offset that comes next.</summary>
        private readonly long[] _next = new long[Partitions];

        private EmbeddedLogException? _failure;

        /// <summary>Whether so many records can be read, or a failure, before there is nothing but to wait.</summary>
        public bool CanRead(int count) =>
            Enumerable.Range(0, Partitions).Any(HasBad)
            || Enumerable.Range(0, Partitions).Sum(partition => bad[partition].Length - _next[partition]) >= count;

        public async Task<bool> TryAsync(Consumer<string, string> consumer, Func<Task> read)
        {
            try
            {
                await read();
                return true;
            }
            catch (RecordDeserializationException failure)
            {
                int partition = failure.Partition!.Value;
                Assert.True(bad[partition][failure.Offset!.Value]);
                Assert.Equal(_next[partition], failure.Offset);
                Assert.Equal(_next[partition], consumer.Position(new TopicPartition(TopicFixture.Topic, partition)));
                _failure = failure;
                return false;
            }
        }

        public void TrySkip(Consumer<string, string> consumer)
        {
            if (_failure is { } failure)
            {
                consumer.Skip(failure);
                _next[failure.Partition!.Value]++;
                _failure = null;
            }
        }

        public async Task ReadAsync(Consumer<string, string> consumer, int count)
        {
            await foreach (Record<string, string> record in consumer.ReadAllAsync())
            {
                Take(record);
                if (--count == 0)
                {
                    consumer.Finish(record);
                    break;
                }
            }
        }

        public async Task ReadBatchAsync(Consumer<string, string> consumer, int maxRecords)
        {
            await foreach (IReadOnlyList<Record<string, string>> batch in consumer.ReadBatchesAsync(maxRecords))
            {
                foreach (Record<string, string> record in batch)
                {
                    Take(record);
                }

                consumer.Finish(batch[^1]);
                break;
            }
        }

        public async Task ReadToEndAsync(Consumer<string, string> consumer)
        {
            await foreach (Record<string, string> record in consumer.ReadToEndAsync())
            {
                Take(record);
            }
        }

        public void AssertReadUpToBadOnes()
        {
            for (int partition = 0; partition < Partitions; partition++)
            {
                Assert.True(_next[partition] == bad[partition].Length || HasBadNext(partition));
            }
        }

        public void AssertReadAll() => Assert.Equal(bad.Select(partition => (long)partition.Length), _next);

        private bool HasBadNext(int partition) =>
            _next[partition] < bad[partition].Length && bad[partition][_next[partition]];

        private bool HasBad(int partition) => Array.IndexOf(bad[partition], true, (int)_next[partition]) >= 0;

        private void Take(in Record<string, string> record)
        {
            Assert.Equal(_next[record.Partition]++, record.Offset);
            Assert.False(bad[record.Partition][record.Offset]);
        }
    }
}
