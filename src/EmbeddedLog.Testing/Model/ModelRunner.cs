using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Testing.Model;

/// <summary>
/// Plays a program on a real log over a simulated machine, and compares the log with the model after every crash, close
/// and read. Deterministic: the same program plays the same history.
/// </summary>
internal sealed class ModelRunner : IDisposable
{
    private readonly ModelProgram _program;
    private readonly ModelStatistics _statistics;
    private readonly ModelLog _log;

    public ModelRunner(ModelProgram program, ModelStatistics statistics)
    {
        _program = program;
        _statistics = statistics;
        _log = new ModelLog(program, statistics);
    }

    /// <summary>The log and its machine after the program.</summary>
    public ModelLog Log => _log;

    /// <summary>Plays all steps, then closes the log and opens it once more.</summary>
    /// <exception cref="ModelViolationException">The log broke a rule.</exception>
    public void Run()
    {
        _statistics.Programs++;
        ModelStep[] first = [.. _program.Steps.TakeWhile(step => step.Kind == ModelStepKind.CrashSoon)];
        foreach (ModelStep step in first)
        {
            // The log may not even exist yet when the machine stops.
            Play(step);
        }

        _log.Open();
        foreach (ModelStep step in _program.Steps.Skip(first.Length))
        {
            if (_log.IsOver)
            {
                return;
            }

            Play(step);
        }

        _log.FreeDisk();
        _log.Settle();
        if (!_log.IsOver)
        {
            _log.Reopen();
        }
    }

    /// <summary>Plays the program of a seed; a violation has the seed and the shortest history found.</summary>
    public static void Check(int seed, ModelStatistics statistics)
    {
        ModelProgram program = ModelProgram.Generate(seed);
        if (TryFindViolation(program, statistics) is { } violation)
        {
            ModelProgram shortest = ModelShrinker.Shrink(program);
            Exception told = TryFindViolation(shortest, new ModelStatistics()) ?? violation;
            throw new ModelViolationException($"{told.Message}\nin {shortest}", told);
        }
    }

    /// <summary>Plays a program; returns the violation, or null.</summary>
    public static Exception? TryFindViolation(ModelProgram program, ModelStatistics statistics)
    {
        using ModelRunner runner = new(program, statistics);
        try
        {
            runner.Run();
            return null;
        }
#pragma warning disable CA1031 // Whatever comes out of a run that the model did not foresee is a violation.
        catch (Exception violation)
#pragma warning restore CA1031
        {
            return violation;
        }
    }

    public void Dispose() => _log.Dispose();

    private void Play(in ModelStep step)
    {
        switch (step.Kind)
        {
            case ModelStepKind.Reopen:
                _log.Reopen();
                return;
            case ModelStepKind.Crash:
                _log.Crash(KindOf(step.Choice), evict: step.Choice % 7 == 0);
                _log.Open();
                return;
            case ModelStepKind.CrashTwice:
                _log.Crash(KindOf(step.Choice), evict: false);
                _log.CrashSoon(step.Amount, KindOf(step.Choice / 11));
                _log.Open();
                return;
            case ModelStepKind.CrashSoon:
                _log.CrashSoon(step.Amount, KindOf(step.Choice));
                return;
            case ModelStepKind.FailFlush:
                _log.FailFlush(step.Size / 100.0);
                return;
            case ModelStepKind.FillDisk:
                _log.FillDisk(step.Amount);
                return;
            case ModelStepKind.FreeDisk:
                _log.FreeDisk();
                return;
            case ModelStepKind.Advance:
                _log.Advance(TimeSpan.FromMilliseconds(step.Amount));
                return;
            case ModelStepKind.Work:
                _log.Work(step.Amount);
                return;
            case ModelStepKind.Commit:
                _log.Commit(step);
                return;
            case ModelStepKind.Retain:
                _log.Retain(step);
                return;
            case ModelStepKind.CreateTopic:
                _log.CreateTopic();
                return;
            case ModelStepKind.DeleteTopic:
                _log.DeleteTopic();
                return;
            case ModelStepKind.AddPartitions:
                _log.AddPartitions(step);
                return;
            case ModelStepKind.Misplace:
                _log.Misplace(step);
                return;
            default:
                _log.OnPartition(step);
                return;
        }
    }

    private static CrashKind KindOf(int choice) => ((choice & 0xFFFF) % 5) switch
    {
        0 or 1 => CrashKind.ProcessKill,
        2 => CrashKind.Remount,
        _ => CrashKind.PowerLoss,
    };
}
