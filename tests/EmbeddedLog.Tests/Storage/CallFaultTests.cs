using EmbeddedLog.IO;
using EmbeddedLog.Storage;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Storage;

/// <summary>
/// Each call of a short life of a log fails once: whatever comes of it is an exception of the library, nothing that was
/// acknowledged is lost, nothing stays open, and the log can be opened again.
/// </summary>
public sealed class CallFaultTests
{
    private const int Records = 36;
    private const int ValueBytes = 1200;

    [Theory]
    [InlineData(false, FileSystemError.DeviceFailure)]
    [InlineData(false, FileSystemError.NoSpace)]
    [InlineData(true, FileSystemError.DeviceFailure)]
    [InlineData(true, FileSystemError.TooManyFiles)]
    internal void AnyCallFails_NothingAcknowledgedIsLostAndNothingStaysOpen(bool positional, FileSystemError error)
    {
        int played = 0;
        foreach (FaultKind kind in Enum.GetValues<FaultKind>())
        {
            bool fired = true;
            for (int call = 1; fired; call++)
            {
                using Life life = new(positional, seed: call);
                life.Faults.Fail(kind, call, error);
                bool loseThePower = call % 2 == 0;
                Exception? fault = Record.Exception(() =>
                {
                    life.Play();
                    life.CheckAfterwards(loseThePower);
                });
                Assert.True(fault is null, $"Call {call} of {kind} fails, then: {fault}");
                fired = life.Fired;
                played++;
            }
        }

        Assert.True(played > 150, $"only {played} calls failed");
    }

    /// <summary>One life of a log on a machine of its own.</summary>
    private sealed class Life : IDisposable
    {
        private readonly SimulatedPlatform _machine;
        private readonly Platform _platform;
        private long _written;
        private long _flushed;
        private long _start;

        public Life(bool positional, int seed)
        {
            _machine = new SimulatedPlatform(seed, positional ? SimulationOptions.Positional : null);
            Faults = new FaultingFileSystem(_machine.Platform.Files);
            _platform = _machine.Platform with { Files = Faults };
        }

        public FaultingFileSystem Faults { get; }

        public bool Fired { get; private set; }

        public void Play()
        {
            _machine.Run(LiveAsync, patience: TimeSpan.FromMinutes(1));
            _machine.Scheduler.RunUntilIdle();
            Fired = Faults.Fired > 0;
            Assert.Empty(_machine.Disk.OpenFiles);
            Assert.Empty(_machine.Disk.LiveMaps);
            Assert.Empty(_machine.Disk.Violations);
        }

        public void CheckAfterwards(bool loseThePower)
        {
            Faults.Clear();
            if (!loseThePower)
            {
                Check(_machine, _written);
                return;
            }

            using SimulatedPlatform after = _machine.Crash(CrashKind.PowerLoss);
            Check(after, _flushed);
        }

        public void Dispose() => _machine.Dispose();

        private static TopicOptions Options() => new()
        {
            SegmentBytes = SegmentBytes,
            Retention = RetentionPolicy.KeepForever,
        };

        /// <summary>Runs something; an exception of the library is a good end too.</summary>
        private static bool Try(Action action)
        {
            try
            {
                action();
                return true;
            }
            catch (EmbeddedLogException)
            {
                return false;
            }
        }

        private async Task LiveAsync()
        {
            for (int round = 0; round < 2; round++)
            {
                CommitLog log;
                try
                {
                    log = await OpenLog.OnAsync(_platform);
                }
                catch (EmbeddedLogException)
                {
                    continue;
                }

                try
                {
                    await UseAsync(await log.EnsureTopicAsync("topic", Options()));
                }
                catch (EmbeddedLogException)
                {
                    // The topic could not be made; the log goes on without it.
                }

                await log.DisposeAsync();
            }
        }

        private async Task UseAsync(Topic topic)
        {
            PartitionLog log = topic[0].Log;
            Assert.Equal(_written, log.PublishedEnd);
            for (int i = 0; i < Records; i++)
            {
                Append(log);
                if (i % 10 == 7)
                {
                    await FlushAsync(log);
                }
            }

            Try(() => log.Writer.Roll(log.Settings, _machine.Time.GetUtcNow().ToUnixTimeMilliseconds()));
            Try(() => log.DeleteBefore(_flushed / 2));
            _start = log.StartOffset;
            _machine.Time.Advance(TimeSpan.FromSeconds(3));
            Try(() => ReadAll(log));
        }

        private void Append(PartitionLog log)
        {
            long end = log.PublishedEnd;
            if (Try(() => Assert.Equal(_written, log.Append(Numbered(_written, ValueBytes), out _))))
            {
                _written++;
            }
            else
            {
                Assert.Equal(end, log.PublishedEnd);
            }
        }

        private async Task FlushAsync(PartitionLog log)
        {
            long end = log.PublishedEnd;
            try
            {
                await log.FlushAsync(end, CancellationToken.None);
                _flushed = end;
            }
            catch (EmbeddedLogException)
            {
                Assert.True(log.DurableEnd < end);
            }
        }

        private static void ReadAll(PartitionLog log)
        {
            using PartitionScan scan = log.Scan(log.StartOffset);
            while (scan.TryRead(out _))
            {
            }
        }

        private void Check(SimulatedPlatform machine, long acknowledged)
        {
            CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
            if (log.TryGetTopic("topic", out Topic? topic))
            {
                PartitionLog partition = topic[0].Log;
                Assert.InRange(partition.PublishedEnd, acknowledged, _written);
                Assert.InRange(partition.StartOffset, 0, _start);
                AssertNumbered(partition, partition.StartOffset, partition.PublishedEnd);
                AppendNumbered(partition, partition.PublishedEnd + 1);
            }
            else
            {
                Assert.Equal(0, acknowledged);
            }

            machine.Run(log.DisposeAsync());
            machine.Scheduler.RunUntilIdle();
            Assert.Empty(machine.Disk.OpenFiles);
            Assert.Empty(machine.Disk.LiveMaps);
            Assert.Empty(machine.Disk.Violations);
        }
    }
}
