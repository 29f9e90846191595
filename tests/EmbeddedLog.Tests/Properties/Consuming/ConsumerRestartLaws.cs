using EmbeddedLog.Partitions.State;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>
/// What holds for a group that did not begin at the beginning, however often its consumer is made anew.
/// </summary>
public sealed class ConsumerRestartLaws
{
    private const int Partitions = 3;

    /// <summary>What a program around a group may do.</summary>
    public enum Step
    {
        /// <summary>Appends some records to one partition.</summary>
        Append,

        /// <summary>A consumer is made, waits in a read until it is cancelled, and is disposed.</summary>
        Wait,

        /// <summary>A consumer is made, reads to the end, and is disposed without a commit.</summary>
        ReadToEnd,

        /// <summary>A consumer is made, reads some records, commits some of them, and is disposed.</summary>
        ReadAndCommit,

        /// <summary>A consumer is made that reads with one partition paused, and is disposed.</summary>
        ReadPaused,

        /// <summary>The process dies.</summary>
        Kill,
    }

    /// <summary>The ways to begin at the end, with the offset, or the distance of the time in seconds.</summary>
    public static TheoryData<string, int> Starts => new()
    {
        { "latest", 0 },
        { "time", -2 },
        { "time", 100_000 },
        { "offset", 1_000_000 },
    };

    /// <summary>
    /// Nothing that arrives after the group's first read has begun is skipped by a later start, also on a partition
    /// that had no record, or of which none was read.
    /// </summary>
    [Theory]
    [MemberData(nameof(Starts))]
    public void NothingThatArrivesAfterTheFirstReadIsSkipped(string start, int number) =>
        Check.One(
            LawRuns.Of(150),
            Prop.ForAll(Arb.From(Programs(), Shorter), program =>
            {
                using Model model = new(program.Seed, start, number);
                foreach ((Step step, int amount) in program.Steps)
                {
                    model.Do(step, amount);
                }

                model.Finish();
            }));

    private static Gen<(int Seed, (Step Step, int Number)[] Steps)> Programs() =>
        from seed in Gen.Choose(0, int.MaxValue)
        from steps in Gen.Zip(Gen.Elements(Enum.GetValues<Step>()), Gen.Choose(0, 20)).ArrayOf()
        select (seed, steps.Select(step => (step.Item1, step.Item2)).ToArray());

    private static IEnumerable<(int Seed, (Step Step, int Number)[] Steps)> Shorter(
        (int Seed, (Step Step, int Number)[] Steps) program) =>
        Shrinking.DropSteps(program.Steps).Select(steps => (program.Seed, steps));

    private sealed class Model : IDisposable
    {
        private readonly List<SimulatedPlatform> _machines = [];
        private readonly PartitionSettings _settings = PartitionFixture.Settings(segmentBytes: 16 << 10);
        private readonly ConsumerOptions _options;
        private readonly HashSet<(int Partition, long Offset)> _seen = [];

        /// <summary>The ends as of the group's first read; null before it.</summary>
        private long[]? _promised;
        private TopicFixture _topic;

        public Model(int seed, string start, int number)
        {
            _machines.Add(new SimulatedPlatform(seed));
            _topic = TopicFixture.On(Machine, Partitions, _settings);
            _options = start switch
            {
                "latest" => new ConsumerOptions { Start = StartAt.Latest },
                "offset" => new ConsumerOptions { StartOffset = number },
                _ => new ConsumerOptions { StartTime = Machine.Time.GetUtcNow().AddSeconds(number) },
            };
            _options.MaxBufferedRecords = 5;
        }

        private SimulatedPlatform Machine => _machines[^1];

        public void Do(Step step, int number)
        {
            int partition = number % Partitions;
            switch (step)
            {
                case Step.Append:
                    for (int i = 0; i < number; i++)
                    {
                        _topic.Append(i, partition);
                    }

                    Machine.Time.Advance(TimeSpan.FromSeconds(1));
                    break;
                case Step.Wait:
                    Session(consumer => WaitAsync(consumer, number));
                    break;
                case Step.ReadToEnd:
                    Session(ReadToEndAsync);
                    break;
                case Step.ReadAndCommit:
                    Session(consumer => ReadAndCommitAsync(consumer, number));
                    break;
                case Step.ReadPaused:
                    Session(consumer =>
                    {
                        consumer.Pause(consumer.Assignment[partition]);
                        return ReadToEndAsync(consumer);
                    });
                    break;
                case Step.Kill:
                    _machines.Add(Machine.Crash(CrashKind.ProcessKill));
                    _topic = TopicFixture.After(
                        Machine, CrashKind.ProcessKill, (ulong)_machines.Count, Partitions, _settings);
                    break;
            }
        }

        public void Finish()
        {
            Session(ReadToEndAsync);
            for (int partition = 0; partition < Partitions; partition++)
            {
                for (long offset = _promised![partition]; offset < _topic.Logs[partition].PublishedEnd; offset++)
                {
                    Assert.Contains((partition, offset), _seen);
                }
            }
        }

        public void Dispose() => _machines.ForEach(machine => machine.Dispose());

        private void Session(Func<Consumer<string, string>, Task> read)
        {
            Consumer<string, string> consumer = _topic.Consume(options: _options);
            _promised ??= [.. _topic.Logs.Select(log => log.PublishedEnd)];
            Machine.Run(() => read(consumer));
            Machine.Run(consumer.DisposeAsync());
        }

        private async Task WaitAsync(Consumer<string, string> consumer, int number)
        {
            using CancellationTokenSource cancellation = new();
            Task reading = ReadUntilCancelledAsync(consumer, cancellation.Token);
            Machine.Scheduler.RunUntilIdle();
            _topic.Append(number, number % Partitions);
            Machine.Scheduler.RunUntilIdle();
            Cancel(cancellation);
            Machine.Scheduler.RunUntilIdle();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        }

        private async Task ReadUntilCancelledAsync(Consumer<string, string> consumer, CancellationToken cancellation)
        {
            await foreach (Record<string, string> record in consumer.ReadAllAsync(cancellation))
            {
                _seen.Add((record.Partition, record.Offset));
            }
        }

        private async Task ReadToEndAsync(Consumer<string, string> consumer)
        {
            await foreach (Record<string, string> record in consumer.ReadToEndAsync())
            {
                _seen.Add((record.Partition, record.Offset));
            }
        }

        private async Task ReadAndCommitAsync(Consumer<string, string> consumer, int number)
        {
            await foreach (Record<string, string> record in consumer.ReadToEndAsync())
            {
                _seen.Add((record.Partition, record.Offset));
                if (record.Offset % 3 == 0)
                {
                    await consumer.CommitAsync(record);
                }

                if (number-- == 0)
                {
                    break;
                }
            }
        }

        /// <summary>On this thread: what the asynchronous one does on the thread pool, no simulation sees.</summary>
        private static void Cancel(CancellationTokenSource source) => source.Cancel();
    }
}
