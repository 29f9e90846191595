using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Files.Manifests;

/// <summary>
/// Random programs on a disk that fails, loses power and lets its cache forget. After every end the manifest says what
/// it said at some moment since the last flush that succeeded; and after a mere kill, what it said last.
/// </summary>
public sealed class ManifestCrashTests
{
    private const string Root = "/partition";
    private const ulong TopicUid = 77;
    private const int Lives = 6;

    private static readonly TopicPartition s_id = new("orders", 3);

    [Fact]
    public void Open_AfterAnyHistoryOfCrashes_FindsWhatWasFlushed() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(1000),
            Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
            {
                using History history = new(seed);
                history.Run();
            }));

    /// <summary>The lives of one partition on one disk.</summary>
    private sealed class History(int seed) : IDisposable
    {
        private readonly Random _random = new(seed);
        private readonly ManifestModel _model = new();
        private SimulatedPlatform _machine = new(seed);

        /// <summary>
        /// How many of the last states may be found: the last only, unless something took what was written.
        /// </summary>
        private int _possible = 1;

        /// <summary>
        /// Whether a flush has failed and none succeeded since, so that the cache can forget what it has.
        /// </summary>
        private bool _flushFailed;

        /// <summary>Whether the cache has forgotten since.</summary>
        private bool _forgot;

        /// <summary>Whether all that is found is known to be on the disk.</summary>
        private bool _isOnDisk;

        private SimulatedDisk Disk => _machine.Disk;

        public void Run()
        {
            _machine.Platform.Files.CreateDirectory(Root);
            _machine.Platform.Files.SyncDirectory("/");
            if (_random.Next(4) == 0)
            {
                Grow();
            }

            for (int life = 0; life < Lives; life++)
            {
                Live();
                End();
            }

            Assert.Empty(Disk.Violations);
        }

        public void Dispose() => _machine.Dispose();

        /// <summary>
        /// Makes the file so large, and so much of it history, that the next flush or opening rewrites it.
        /// </summary>
        private void Grow()
        {
            using Manifest manifest = Manifest.Open(_machine.Platform.Files, Root, TopicUid, s_id);
            for (int i = 0; i < 700; i++)
            {
                Add(manifest, SomeSegments.Next(manifest), manifest.Segments);
                if (manifest.Segments.Count > 4)
                {
                    MoveLogStart(manifest, manifest.Segments[2]);
                }
            }
        }

        private void Live()
        {
            if (_random.Next(3) != 0)
            {
                // Often within opening itself, where names are made and torn ends removed.
                int range = _random.Next(2) == 0 ? 8 : 80;
                Disk.CrashAtMutation(Disk.Counters.Mutations + _random.Next(1, range));
            }

            Manifest? manifest = null;
            try
            {
                manifest = Manifest.Open(_machine.Platform.Files, Root, TopicUid, s_id, _isOnDisk);
                _model.Found(manifest, _possible, _isOnDisk);
                _possible = 1;
                bool flushes = _random.Next(3) != 0;
                for (int step = _random.Next(120); step > 0; step--)
                {
                    Step(manifest, flushes);
                }
            }
            catch (FileSystemException)
            {
                // A planned crash or failed flush: this life is over.
            }
            finally
            {
                manifest?.Dispose();
            }
        }

        private void Step(Manifest manifest, bool flushes)
        {
            switch (_random.Next(8))
            {
                case 0:
                    Disk.WriteBackSome();
                    break;
                case 1:
                    Evict();
                    break;
                case 2 when flushes:
                    Flush(manifest);
                    break;
                case 4 when manifest.Segments.Count > 1:
                    MoveLogStart(manifest, manifest.Segments[_random.Next(1, manifest.Segments.Count)]);
                    break;
                case 5 when manifest.Segments.Count > 2:
                    SegmentEntry kept = manifest.Segments[^3];
                    Add(manifest, SomeSegments.After(kept, manifest.NextSequence), manifest.Segments.SkipLast(2));
                    break;
                default:
                    Add(manifest, SomeSegments.Next(manifest), manifest.Segments);
                    break;
            }
        }

        private void MoveLogStart(Manifest manifest, SegmentEntry first) => Change(
            () => manifest.SetLogStart(first.BaseOffset, first.Sequence),
            new(
                [.. manifest.Segments.SkipWhile(s => s.Sequence < first.Sequence)],
                first.BaseOffset,
                manifest.NextSequence));

        private void Add(Manifest manifest, SegmentEntry segment, IEnumerable<SegmentEntry> kept)
        {
            // A uid of its own, so that no two histories are told by the same bytes.
            segment = segment with { Uid = (ulong)_random.NextInt64(1, long.MaxValue) };
            ManifestModel.State next = new([.. kept, segment], manifest.LogStartOffset, segment.Sequence + 1);
            Change(
                () =>
                {
                    if (_random.Next(30) == 0)
                    {
                        manifest.AddAllDurably([segment]);
                        _flushFailed = _forgot = false;
                        _model.Flushed(_model.Count);
                    }
                    else
                    {
                        manifest.Add(segment);
                    }
                },
                next);
        }

        private void Change(Action change, ManifestModel.State next)
        {
            _model.Add(next);
            try
            {
                change();
            }
            catch (FileSystemException)
            {
                // The machine stopped before, in or after the change, and nobody was told that it was made.
                _possible = 2;
                throw;
            }
        }

        private void Flush(Manifest manifest)
        {
            bool fails = _random.Next(6) == 0 && manifest.HasUnflushed;
            if (fails)
            {
                Disk.FailNextFlush(lostShare: _random.NextDouble());
            }

            int count = _model.Count;
            try
            {
                manifest.Flush();
            }
            catch (FileSystemException)
            {
                _flushFailed |= fails;
                Assert.Throws<FileSystemException>(manifest.Flush);
                throw;
            }

            Assert.False(manifest.HasUnflushed);
            _flushFailed = _forgot = false;
            _model.Flushed(count);
        }

        private void End()
        {
            CrashKind kind = (CrashKind)_random.Next(3);
            if (_random.Next(4) == 0)
            {
                Evict();
            }

            SimulatedPlatform next = _machine.Crash(kind);
            _machine.Dispose();
            _machine = next;
            bool loses = kind == CrashKind.PowerLoss || _forgot || (_flushFailed && kind == CrashKind.Remount);
            _possible = loses ? int.MaxValue : _possible;
            _isOnDisk = kind != CrashKind.ProcessKill;
            _flushFailed &= !_isOnDisk;
            _forgot &= _flushFailed;
        }

        private void Evict()
        {
            Disk.EvictCleanPages();
            _forgot |= _flushFailed;
        }
    }
}
