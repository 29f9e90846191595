using System.Buffers.Binary;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties;

/// <summary>
/// Whole logs on a simulated disk: several lives of one directory, each with random work and a random end. The law:
/// what is there after any end is a prefix of what was appended that holds everything acknowledged at its level.
/// </summary>
public sealed class CommitLogRecoveryLaws
{
    private const int Lives = 5;
    private const int Partitions = 2;

    private static readonly Arbitrary<int> s_seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

    [Fact]
    public void Recovery_AfterAnyEnds_KeepsAPrefixWithEverythingAcknowledged() =>
        Prop.ForAll(s_seeds, seed => Hold(seed, positional: false))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Fact]
    public void Recovery_OfPositionalWritesAfterAnyEnds_KeepsAPrefixWithEverythingAcknowledged() =>
        Prop.ForAll(s_seeds, seed => Hold(seed, positional: true))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    private static void Hold(int seed, bool positional)
    {
        Random random = new(seed);
        SimulatedPlatform simulation = new(seed, positional ? SimulationOptions.Positional : new SimulationOptions());
        PartitionModel[] models = [.. Enumerable.Range(0, Partitions).Select(_ => new PartitionModel())];
        try
        {
            for (int life = 0; life < Lives; life++)
            {
                SimulatedPlatform present = simulation;
                bool closed = present.Run(() => LiveAsync(present, random, models), TimeSpan.FromDays(1));
                CrashKind kind = random.Next(2) == 0 ? CrashKind.ProcessKill : CrashKind.PowerLoss;
                Array.ForEach(models, model => model.Crash(closed, kind));
                simulation = present.Crash(kind);
                present.Dispose();
            }
        }
        finally
        {
            simulation.Dispose();
        }
    }

    /// <summary>One life of the log; true if it was closed before the crash.</summary>
    private static async Task<bool> LiveAsync(SimulatedPlatform simulation, Random random, PartitionModel[] models)
    {
        CommitLog log = await OpenLog.OnAsync(simulation);
        Topic topic = await log.EnsureTopicAsync(
            "topic",
            new TopicOptions { Partitions = Partitions, SegmentBytes = 16 << 10 });
        for (int i = 0; i < Partitions; i++)
        {
            models[i].Check(topic[i]);
        }

        int steps = random.Next(60);
        for (int step = 0; step < steps; step++)
        {
            int number = random.Next(Partitions);
            await StepAsync(simulation, random, topic[number], models[number]);
        }

        if (random.Next(3) != 0)
        {
            return false;
        }

        await log.DisposeAsync();
        return true;
    }

    private static async Task StepAsync(
        SimulatedPlatform simulation, Random random, OwnedPartition partition, PartitionModel model)
    {
        switch (random.Next(10))
        {
            case 0:
                await partition.FlushAsync();
                model.NoteFlushed(partition.EndOffset);
                break;
            case 1:
                simulation.Time.Advance(TimeSpan.FromMilliseconds(random.Next(1500)));
                break;
            case 2:
                simulation.Scheduler.RunOne();
                break;
            case 3:
                RecordBatch batch = new();
                byte[][] values = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => model.NextValue(random))];
                Array.ForEach(values, value => batch.Add(new RawRecord(value)));
                Assert.Equal(model.End, partition.AppendBatch(batch));
                Array.ForEach(values, model.NoteAppended);
                break;
            default:
                byte[] single = model.NextValue(random);
                Assert.Equal(model.End, partition.Append(new RawRecord(single)));
                model.NoteAppended(single);
                break;
        }
    }

    /// <summary>What one partition must and may hold.</summary>
    private sealed class PartitionModel
    {
        private readonly List<byte[]> _values = [];

        /// <summary>How many values the log must have at the next opening.</summary>
        private int _atLeast;

        /// <summary>How many were acknowledged as flushed.</summary>
        private int _flushed;

        private long _appended;

        public long End => _values.Count;

        public byte[] NextValue(Random random)
        {
            byte[] value = new byte[random.Next(8, 2500)];
            random.NextBytes(value);
            BinaryPrimitives.WriteInt64LittleEndian(value, _appended++);
            return value;
        }

        public void NoteAppended(byte[] value) => _values.Add(value);

        public void NoteFlushed(long end) => _flushed = (int)end;

        public void Crash(bool closed, CrashKind kind) =>
            _atLeast = closed || kind == CrashKind.ProcessKill ? _values.Count : _flushed;

        /// <summary>Compares the partition with the model, and takes over what it has lost.</summary>
        public void Check(OwnedPartition partition)
        {
            Assert.InRange(partition.EndOffset, _atLeast, _values.Count);
            Assert.Equal(partition.EndOffset, partition.DurableOffset);
            using PartitionScan scan = partition.Scan(0);
            for (int i = 0; i < partition.EndOffset; i++)
            {
                Assert.True(scan.TryRead(out RecordView record));
                Assert.Equal(i, record.Offset);
                Assert.True(record.Value.SequenceEqual(_values[i]), $"the value at offset {i} is another one");
            }

            Assert.False(scan.TryRead(out _));
            _values.RemoveRange((int)partition.EndOffset, _values.Count - (int)partition.EndOffset);
            _flushed = _values.Count;
        }
    }
}
