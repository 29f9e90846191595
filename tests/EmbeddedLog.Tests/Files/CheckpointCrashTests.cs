using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Files;

/// <summary>
/// Random lives on a disk that fails, loses power and lets its cache forget: a checkpoint whose writing has returned is
/// found, or a later one whose writing was begun; never an older one, and never none.
/// </summary>
public sealed class CheckpointCrashTests
{
    private const string Root = "/partition";
    private const int Lives = 8;

    private static readonly TopicPartition s_id = new("orders", 3);

    [Fact]
    public void Open_AfterAnyHistoryOfCrashes_FindsTheLastWritten() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(1000),
            Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
            {
                using History history = new(seed);
                history.Run();
            }));

    /// <summary>The lives of one checkpoint on one disk.</summary>
    private sealed class History(int seed) : IDisposable
    {
        private readonly Random _random = new(seed);
        private SimulatedPlatform _machine = new(seed);

        /// <summary>
        /// The offset of the last checkpoint whose writing has returned; checkpoints have ascending ones.
        /// </summary>
        private long _written;

        /// <summary>The offset of the last checkpoint whose writing was begun.</summary>
        private long _begun;

        private bool _isOnDisk;

        public void Run()
        {
            _machine.Platform.Files.CreateDirectory(Root);
            _machine.Platform.Files.SyncDirectory("/");
            for (int life = 0; life < Lives; life++)
            {
                Live();
                CrashKind kind = (CrashKind)_random.Next(3);
                EvictSometimes();
                SimulatedPlatform next = _machine.Crash(kind);
                _machine.Dispose();
                _machine = next;
                _isOnDisk = kind != CrashKind.ProcessKill;
            }

            Assert.Empty(_machine.Disk.Violations);
        }

        public void Dispose() => _machine.Dispose();

        private void Live()
        {
            SimulatedDisk disk = _machine.Disk;
            if (_random.Next(3) != 0)
            {
                disk.CrashAtMutation(disk.Counters.Mutations + _random.Next(1, 14));
            }

            CheckpointFile? file = null;
            try
            {
                file = CheckpointFile.Open(_machine.Platform.Files, Root, 77, s_id, _isOnDisk);
                Assert.InRange(file.Current?.DurableEndOffset ?? 0, _written, _begun);
                for (int step = _random.Next(6); step > 0; step--)
                {
                    EvictSometimes();
                    if (_random.Next(6) == 0)
                    {
                        disk.FailNextFlush(lostShare: _random.Next(2));
                    }

                    Write(file);
                }
            }
            catch (FileSystemException)
            {
                // A planned crash or failed flush: this life is over.
            }
            finally
            {
                file?.Dispose();
            }
        }

        private void Write(CheckpointFile file)
        {
            Checkpoint? before = file.Current;
            _begun++;
            try
            {
                file.Write(new Checkpoint(0, _begun, 1, 9, 8192, 0, 1, false));
            }
            catch (FileSystemException)
            {
                Assert.Equal(before, file.Current);
                throw;
            }

            _written = _begun;
            Assert.Equal(_written, file.Current!.Value.DurableEndOffset);
        }

        private void EvictSometimes()
        {
            if (_random.Next(3) == 0)
            {
                _machine.Disk.EvictCleanPages();
            }
        }
    }
}
