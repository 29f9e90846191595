using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Simulation;

/// <summary>Runs a random program on a simulated disk and on the model at once.</summary>
internal sealed unsafe class DiskProgram : IDisposable
{
    private const string Path = SimulatedRoot.Path + "/file";

    private readonly Random _random;
    private readonly DiskModel _model = new();
    private readonly List<SimulatedDisk> _disks = [];
    private SimulatedFileSystem _files;
    private LogFile _file;
    private MappedMemory _map;

    private DiskProgram(int seed)
    {
        _random = new Random(seed);
        _files = SimulatedRoot.CreateFiles(seed: seed);
        _disks.Add(_files.Disk);
        _file = _files.OpenFile(Path, FileOpening.CreateNew);
        _files.SyncDirectory(SimulatedRoot.Path);
        _map = _file.Map(DiskModel.MaxBytes, writable: true);
    }

    /// <summary>Programs of up to a hundred steps or so.</summary>
    public static Arbitrary<DiskStep[]> Any()
    {
        Gen<DiskStep> step =
            from action in Gen.Elements(Enum.GetValues<DiskAction>())
            from position in Gen.OneOf(
                Gen.Choose(0, DiskModel.MaxBytes - 1), Gen.Choose(0, 9).Select(half => half * 2048))
            from length in Gen.OneOf(Gen.Choose(1, 64), Gen.Choose(1, DiskModel.MaxBytes))
            from value in Gen.Choose(1, 255)
            select new DiskStep(action, position, Math.Min(length, DiskModel.MaxBytes - position), (byte)value);
        return Arb.From(step.ArrayOf(), Shrinking.DropSteps);
    }

    /// <summary>Runs the program and a last power loss; says what was found that must not be, or null.</summary>
    public static string? Run(int seed, IEnumerable<DiskStep> steps, out uint fingerprint)
    {
        using var program = new DiskProgram(seed);
        string? fault = null;
        foreach (DiskStep step in steps.Append(new DiskStep(DiskAction.PowerLoss, 0, 0, 0)))
        {
            fault ??= program.Run(step);
        }

        fingerprint = program._files.Disk.Fingerprint();
        return fault ?? program._files.Disk.Violations.Select(violation => violation.ToString()).FirstOrDefault();
    }

    public void Dispose() => _disks.ForEach(disk => disk.Dispose());

    private string? Run(DiskStep step)
    {
        Span<byte> bytes = new byte[step.Length];
        bytes.Fill(step.Value);
        switch (step.Action)
        {
            case DiskAction.Write:
                _file.Write(bytes, step.Position);
                _model.Change(step.Position, bytes);
                break;
            case DiskAction.Store:
                _file.Allocate(step.Position, step.Length);
                bytes.CopyTo(new Span<byte>(_map.Pointer + step.Position, step.Length));
                _model.Change(step.Position, bytes);
                break;
            case DiskAction.Allocate:
                _file.Allocate(step.Position, step.Length);
                _model.Resize(Math.Max(_model.Size, step.Position + step.Length));
                break;
            case DiskAction.SetLength:
                _file.SetLength(step.Position);
                _model.Resize(step.Position);
                break;
            case DiskAction.Flush:
                _file.Flush(step.Position, step.Length);
                _model.Flush(step.Position, step.Length);
                break;
            case DiskAction.FailFlush:
                _files.Disk.FailNextFlush(lostShare: _random.NextDouble());
                Assert.Throws<FileSystemException>(() => _file.Flush(step.Position, step.Length));
                _model.FailFlush(step.Position, step.Length);
                break;
            case DiskAction.WriteBack:
                _files.Disk.WriteBackSome();
                break;
            case DiskAction.Remap:
                _map.Dispose();
                _map = _file.Map(DiskModel.MaxBytes, writable: true);
                break;
            case DiskAction.ProcessKill:
                Crash(CrashKind.ProcessKill);
                break;
            default:
                Crash(CrashKind.PowerLoss);
                return _model.TrySettle(ReadAll()) ? null : $"After {step} the file cannot be as it is.";
        }

        return ReadAll().SequenceEqual(_model.Live) ? null : $"After {step} the file is not what was written.";
    }

    private void Crash(CrashKind kind)
    {
        _files = new SimulatedFileSystem(_files.Disk.Crash(_random, kind));
        _disks.Add(_files.Disk);
        new Span<byte>(_map.Pointer, DiskModel.MaxBytes).Fill(0xEE);
        _file = _files.OpenFile(Path, FileOpening.ReadWrite);
        _map = _file.Map(DiskModel.MaxBytes, writable: true);
    }

    /// <summary>The file through a read, which must be the same as through the map.</summary>
    private ReadOnlySpan<byte> ReadAll()
    {
        byte[] bytes = new byte[_file.Length];
        Assert.Equal(bytes.Length, _file.Read(bytes, 0));
        Assert.True(bytes.AsSpan().SequenceEqual(new ReadOnlySpan<byte>(_map.Pointer, bytes.Length)));
        return bytes;
    }
}
