using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties.Coordination;

/// <summary>
/// What holds for the expiry of offsets, whenever consumers come and go and the log is closed or killed.
/// </summary>
public sealed class OffsetExpiryLaws
{
    private const string Group = "group";

    private static readonly TimeSpan s_retention = TimeSpan.FromHours(1);

    private enum Step
    {
        Use,
        StopUse,
        Commit,
        Pass,
        Jump,
        Reopen,
        Kill,
        PowerLoss,
    }

    /// <summary>
    /// A group's offsets are there as long as it has a consumer, and as long after that as the retention says by the
    /// time that the log was open. If nothing disturbs them they are gone soon after.
    /// </summary>
    [Fact]
    public void Offsets_ExpireNeitherBeforeTheirTimeNorLongAfter() =>
        Check.One(
            LawRuns.Of(100),
            Prop.ForAll(Arb.From(Programs(), Shorter), program =>
            {
                using Model model = new(program.Seed);
                foreach ((Step step, int minutes) in program.Steps)
                {
                    model.Do(step, TimeSpan.FromMinutes(minutes));
                }

                model.EndQuietly();
            }));

    private static IEnumerable<(int Seed, (Step Step, int Minutes)[] Steps)> Shorter(
        (int Seed, (Step Step, int Minutes)[] Steps) program) =>
        Shrinking.DropSteps(program.Steps).Select(steps => (program.Seed, steps));

    private static Gen<(int Seed, (Step Step, int Minutes)[] Steps)> Programs() =>
        from seed in Gen.Choose(0, int.MaxValue)
        from steps in Gen.Zip(Gen.Elements(Enum.GetValues<Step>()), Gen.Choose(1, 45)).ArrayOf()
        select (seed, steps.Select(step => (step.Item1, step.Item2)).ToArray());

    private sealed class Model : IDisposable
    {
        private readonly List<SimulatedPlatform> _machines = [];
        private readonly CommitLogOptions _options = new()
        {
            OffsetsRetention = s_retention,
            RetentionCheckInterval = TimeSpan.FromDays(1),
        };

        private CommitLog _log;
        private Consumer<string, string>? _consumer;
        private bool _hasCommitted;

        /// <summary>For how long the log was open since the group was used last.</summary>
        private TimeSpan _idle;

        public Model(int seed)
        {
            _machines.Add(new SimulatedPlatform(seed));
            _log = Open();
            Topic topic = Machine.Run(_log.CreateTopicAsync("topic"));
            topic[0].Append(new RawRecord("value"u8));
            Machine.Run(topic[0].FlushAsync());
        }

        private SimulatedPlatform Machine => _machines[^1];

        public void Do(Step step, TimeSpan time)
        {
            switch (step)
            {
                case Step.Use:
                    _consumer ??= _log.CreateConsumer<string, string>("topic", Group);
                    break;
                case Step.StopUse:
                    _consumer?.Dispose();
                    _consumer = null;
                    break;
                case Step.Commit:
                    _consumer ??= _log.CreateConsumer<string, string>("topic", Group);
                    Machine.Run(_consumer.CommitAsync(new NextOffset(new TopicPartition("topic", 0), 1)));
                    Machine.Run(_log.Offsets.FlushAsync(_log.Offsets.Log.PublishedEnd, default));
                    _hasCommitted = true;
                    break;
                case Step.Pass:
                    Pass(time);
                    break;
                case Step.Jump:
                    Machine.Time.SetUtcNow(Machine.Time.GetUtcNow() + (100 * time) - TimeSpan.FromMinutes(2200));
                    break;
                case Step.Reopen:
                    Machine.Run(_log.DisposeAsync());
                    _consumer = null;
                    Machine.Time.Advance(time);
                    _log = Open();
                    break;
                case Step.Kill:
                    Crash(CrashKind.ProcessKill);
                    break;
                case Step.PowerLoss:
                    // A loss of power may take the note that the group is used.
                    Machine.Run(_log.Offsets.FlushAsync(_log.Offsets.Log.PublishedEnd, default));
                    Crash(CrashKind.PowerLoss);
                    break;
            }

            CheckNow();
        }

        public void EndQuietly()
        {
            Do(Step.StopUse, default);
            Pass(2 * s_retention);
            CheckNow();
            Assert.False(_hasCommitted);
            Assert.Empty(_log.Offsets.Times.List());
        }

        public void Dispose()
        {
            _consumer?.Dispose();
            Machine.Run(_log.DisposeAsync());
            _machines.ForEach(machine => machine.Dispose());
        }

        private CommitLog Open() => Machine.Run(OpenLog.OnAsync(Machine, _options.ValidatedCopy()));

        private void Crash(CrashKind kind)
        {
            // What the dead process had is kept until its machine is disposed.
            GC.KeepAlive(_consumer);
            _consumer = null;
            _machines.Add(Machine.Crash(kind));
            _log = Open();
        }

        private void Pass(TimeSpan time)
        {
            for (TimeSpan passed = default; passed < time; passed += TimeSpan.FromMinutes(1))
            {
                Machine.Time.Advance(TimeSpan.FromMinutes(1));
                Machine.Scheduler.RunUntilIdle();
                _idle += TimeSpan.FromMinutes(1);
                CheckNow();
            }
        }

        private void CheckNow()
        {
            if (_consumer is not null)
            {
                _idle = default;
            }

            bool isThere = _log.Offsets.Count > 0;
            Assert.True(isThere || !_hasCommitted || _idle >= s_retention, $"Gone after {_idle}.");
            Assert.True(_hasCommitted || !isThere);
            _hasCommitted = isThere;
        }
    }
}
