using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Simulation;

/// <summary>Runs a random program on the names of a simulated disk and on the model at once.</summary>
internal sealed class NamesProgram : IDisposable
{
    private static readonly string[] s_directories = [SimulatedRoot.Path + "/a", SimulatedRoot.Path + "/b"];

    private readonly Random _random;
    private readonly NamesModel _model = new(s_directories);
    private readonly List<SimulatedDisk> _disks = [];
    private SimulatedFileSystem _files;
    private int _lastFile;

    private NamesProgram(int seed)
    {
        _random = new Random(seed);
        _files = SimulatedRoot.CreateFiles(seed: seed);
        _disks.Add(_files.Disk);
        Array.ForEach(s_directories, _files.CreateDirectory);
        _files.SyncDirectory(SimulatedRoot.Path);
    }

    /// <summary>Programs on six names in two directories.</summary>
    public static Arbitrary<NamesStep[]> Any()
    {
        Gen<string> path =
            from directory in Gen.Elements(s_directories)
            from name in Gen.Elements("x", "y", "z")
            select $"{directory}/{name}";
        Gen<NamesStep> step =
            from action in Gen.Elements(Enum.GetValues<NamesAction>())
            from source in path
            from target in path
            select new NamesStep(action, source, target);
        return Arb.From(step.ArrayOf(), Shrinking.DropSteps);
    }

    /// <summary>Runs the program and a last power loss; says what was found that must not be, or null.</summary>
    public static string? Run(int seed, IEnumerable<NamesStep> steps)
    {
        using var program = new NamesProgram(seed);
        string? fault = null;
        foreach (NamesStep step in steps.Append(new NamesStep(NamesAction.PowerLoss, "", "")))
        {
            fault ??= program.Run(step);
        }

        return fault;
    }

    public void Dispose() => _disks.ForEach(disk => disk.Dispose());

    private string? Run(NamesStep step)
    {
        switch (step.Action)
        {
            case NamesAction.Create when _model[step.From] == 0:
                Create(step.From);
                break;
            case NamesAction.Delete:
                _files.DeleteFile(step.From);
                _model.Set(step.From, 0);
                break;
            case NamesAction.Rename when _model[step.From] != 0:
                _files.Rename(step.From, step.To);
                _model.Move(step.From, step.To);
                break;
            case NamesAction.Sync:
                string directory = step.From[..step.From.LastIndexOf('/')];
                _files.SyncDirectory(directory);
                _model.Sync(directory);
                break;
            case NamesAction.ProcessKill:
                Crash(CrashKind.ProcessKill);
                break;
            case NamesAction.PowerLoss:
                Crash(CrashKind.PowerLoss);
                return _model.TrySettle(Find) ? null : $"After {step} the names cannot be as they are.";
        }

        return _model.IsLive(Find) ? null : $"After {step} the names are not as they were made.";
    }

    private void Create(string path)
    {
        using LogFile file = _files.OpenFile(path, FileOpening.CreateNew);
        file.Write(BitConverter.GetBytes(++_lastFile), 0);
        file.Flush(0, sizeof(int));
        _model.Set(path, _lastFile);
    }

    private int Find(string path)
    {
        if (!_files.FileExists(path))
        {
            return 0;
        }

        using LogFile file = _files.OpenFile(path, FileOpening.Read);
        byte[] bytes = new byte[sizeof(int)];
        return file.Read(bytes, 0) == sizeof(int) ? BitConverter.ToInt32(bytes) : -1;
    }

    private void Crash(CrashKind kind)
    {
        _files = new SimulatedFileSystem(_files.Disk.Crash(_random, kind));
        _disks.Add(_files.Disk);
    }
}
