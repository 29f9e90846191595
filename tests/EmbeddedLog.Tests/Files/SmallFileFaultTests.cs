using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Index;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Files.Manifests;
using EmbeddedLog.Tests.Format;

namespace EmbeddedLog.Tests.Files;

/// <summary>
/// One call after the other fails, once or from then on, with each error that matters: nothing but that error comes
/// out, no handle is left open, and what is found afterwards is the state before the operation or after it.
/// </summary>
public sealed class SmallFileFaultTests : IDisposable
{
    private const string Root = "/partition";
    private const ulong TopicUid = 77;

    private static readonly TopicPartition s_id = new("orders", 3);

    private readonly List<SimulatedPlatform> _machines = [];

    public static MatrixTheoryData<string, bool> Errors { get; } = new(
        ["DeviceFailure", "NoSpace", "ReadOnly", "TooManyFiles", "AccessDenied"], [false, true]);

    public void Dispose() => _machines.ForEach(machine => machine.Dispose());

    [Theory]
    [MemberData(nameof(Errors))]
    public void Manifest_AnyCallFails_IsAsBeforeOrAfterTheChange(string error, bool lasts) =>
        ForEveryCall(error, lasts, files =>
        {
            List<ManifestModel.State> states = [];
            try
            {
                using Manifest manifest = Manifest.Open(files, Root, TopicUid, s_id);
                states.Add(ManifestModel.State.Of(manifest));
                Change(manifest, states, () => SomeSegments.Extend(manifest, 1));
                Change(manifest, states, () => SomeSegments.Extend(manifest, 1));
                manifest.Flush();
                Change(manifest, states, () => manifest.SetLogStart(150, 2));
                Change(manifest, states, () => manifest.AddAllDurably([SomeSegments.Next(manifest)]));
                manifest.Flush();
            }
            catch (FileSystemException failure)
            {
                Assert.Equal(error, failure.Error.ToString());
            }

            return inner =>
            {
                using Manifest found = Manifest.Open(inner, Root, TopicUid, s_id);
                Assert.True(states.Count == 0 || states.TakeLast(2).Contains(ManifestModel.State.Of(found)));
            };
        });

    [Theory]
    [MemberData(nameof(Errors))]
    public void Checkpoint_AnyCallFails_IsAsBeforeOrAfterTheChange(string error, bool lasts) =>
        ForEveryCall(error, lasts, files =>
        {
            long written = 0;
            long begun = 0;
            try
            {
                for (int life = 0; life < 2; life++)
                {
                    using CheckpointFile file = CheckpointFile.Open(files, Root, TopicUid, s_id);
                    for (int i = 0; i < 2; i++)
                    {
                        begun++;
                        file.Write(new Checkpoint(0, begun, 1, 9, 8192, 0, 1, false));
                        written = begun;
                    }
                }
            }
            catch (FileSystemException failure)
            {
                Assert.Equal(error, failure.Error.ToString());
            }

            return inner =>
            {
                using CheckpointFile found = CheckpointFile.Open(inner, Root, TopicUid, s_id);
                Assert.InRange(found.Current?.DurableEndOffset ?? 0, written, begun);
            };
        });

    // Derived data: saving may fail with the error, and loading never does.
    [Theory]
    [MemberData(nameof(Errors))]
    public void Index_AnyCallFails_IsLoadedWholeOrNotAtAll(string error, bool lasts) =>
        ForEveryCall(error, lasts, files =>
        {
            SegmentIndex index = new();
            index.Add(5, 5000, 6);
            try
            {
                index.Save(files, Root + "/1.index", 7, 6000);
            }
            catch (FileSystemException failure)
            {
                Assert.Equal(error, failure.Error.ToString());
            }

            SegmentIndex? loaded = SegmentIndex.TryLoad(files, Root + "/1.index", 7, 6000);
            Assert.True(loaded is null || loaded.Entries.SequenceEqual(index.Entries));
            return inner => SegmentIndex.TryLoad(inner, Root + "/1.index", 7, 6000);
        });

    [Fact]
    public void Manifest_WriteFails_NextOneTakesItsPlace()
    {
        FaultingFileSystem files = NewFiles(out _);
        using Manifest manifest = Manifest.Open(files, Root, TopicUid, s_id);
        SomeSegments.Extend(manifest, 1);
        files.Reset();
        files.Fail(new Fault(FaultKind.Write, 1, FileSystemError.NoSpace) { WrittenBytes = 40 });

        Assert.Throws<FileSystemException>(() => SomeSegments.Extend(manifest, 1));
        Assert.Single(manifest.Segments);
        SomeSegments.Extend(manifest, 1);
        manifest.Flush();

        manifest.Dispose();
        using Manifest reopened = Manifest.Open(files, Root, TopicUid, s_id);
        Assert.Equal([1U, 2U], reopened.Segments.Select(s => s.Sequence));
        Assert.Equal(0, reopened.TornBytes);
    }

    [Fact]
    public void Manifest_FlushFailed_RefusesAllThatFollows()
    {
        FaultingFileSystem files = NewFiles(out _);
        using Manifest manifest = Manifest.Open(files, Root, TopicUid, s_id);
        SomeSegments.Extend(manifest, 1);
        files.Reset();
        files.Fail(FaultKind.Flush, 1, FileSystemError.DeviceFailure);

        FileSystemException first = Assert.Throws<FileSystemException>(manifest.Flush);

        Assert.Same(first, Assert.Throws<FileSystemException>(manifest.Flush));
        Assert.Same(first, Assert.Throws<FileSystemException>(() => SomeSegments.Extend(manifest, 1)));
        Assert.Same(first, Assert.Throws<FileSystemException>(() => manifest.SetLogStart(50, 1)));
        Assert.True(manifest.HasUnflushed);
        Assert.Equal(1, files.CountOf(FaultKind.Flush));
    }

    [Fact]
    public void Checkpoint_FlushFailed_RefusesAllThatFollows()
    {
        FaultingFileSystem files = NewFiles(out _);
        using CheckpointFile file = CheckpointFile.Open(files, Root, TopicUid, s_id);
        Checkpoint checkpoint = new(0, 1, 1, 9, 8192, 0, 1, false);
        file.Write(checkpoint);
        files.Reset();
        files.Fail(FaultKind.Flush, 1, FileSystemError.DeviceFailure);

        FileSystemException first = Assert.Throws<FileSystemException>(() => file.Write(checkpoint));

        Assert.Same(first, Assert.Throws<FileSystemException>(() => file.Write(checkpoint)));
        Assert.Equal(1UL, file.Current!.Value.Generation);
    }

    // A log that was killed on a full disk must be able to open, to shorten itself, and so to make room.
    [Fact]
    public void AllFiles_DiskFull_CanBeOpenedChangedInPlaceAndFlushed()
    {
        NewFiles(out SimulatedPlatform machine);
        FileSystem files = machine.Platform.Files;
        using (Manifest manifest = Manifest.Open(files, Root, TopicUid, s_id))
        using (CheckpointFile checkpoint = CheckpointFile.Open(files, Root, TopicUid, s_id))
        using (SessionFile session = SessionFile.Open(files, Root))
        {
            SomeSegments.Extend(manifest, 3);
            checkpoint.Write(new Checkpoint(0, 1, 1, 9, 8192, 0, 1, false));
            session.MarkOpen(default, 1, 2);
        }

        machine.Disk.CapacityBytes = machine.Disk.UsedBytes;
        using (Manifest manifest = Manifest.Open(files, Root, TopicUid, s_id))
        using (CheckpointFile checkpoint = CheckpointFile.Open(files, Root, TopicUid, s_id))
        using (SessionFile session = SessionFile.Open(files, Root))
        {
            session.MarkOpen(default, 3, 4);
            manifest.SetLogStart(250, 3);
            manifest.Flush();
            checkpoint.Write(new Checkpoint(0, 2, 1, 9, 8192, 0, 1, false));
            session.MarkClean(Some.ClosedBy(session));
            Assert.False(manifest.HasUnflushed);
        }
    }

    /// <summary>Notes what the manifest says before the change, and after it or its failure.</summary>
    private static void Change(Manifest manifest, List<ManifestModel.State> states, Action change)
    {
        states.Add(ManifestModel.State.Of(manifest));
        try
        {
            change();
        }
        finally
        {
            states.Add(ManifestModel.State.Of(manifest));
        }
    }

    /// <summary>
    /// Runs the work once for each of its calls, which fails; then checks what is found when nothing fails any more.
    /// </summary>
    private void ForEveryCall(string error, bool lasts, Func<FileSystem, Action<FileSystem>> work)
    {
        long calls = 1;
        for (long call = 1; call <= calls; call++)
        {
            FaultingFileSystem files = NewFiles(out SimulatedPlatform machine);
            files.Fail(new Fault(null, call, Enum.Parse<FileSystemError>(error)) { Lasts = lasts });
            Action<FileSystem> check = work(files);
            Assert.Empty(machine.Disk.OpenFiles);
            Assert.True(files.Fired > 0 || call == calls);
            check(machine.Platform.Files);
            Assert.Empty(machine.Disk.OpenFiles);
            calls = files.Fired > 0 ? call + 1 : call;
        }

        Assert.True(calls > 5, $"only {calls} calls were made");
    }

    private FaultingFileSystem NewFiles(out SimulatedPlatform machine)
    {
        machine = new SimulatedPlatform(seed: 1);
        _machines.Add(machine);
        machine.Platform.Files.CreateDirectory(Root);
        machine.Platform.Files.SyncDirectory("/");
        return new FaultingFileSystem(machine.Platform.Files);
    }
}
