using EmbeddedLog.Testing.FsCheck.Programs;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Testing.FsCheck;

/// <summary>Programs with a service that runs in them. Immutable.</summary>
/// <typeparam name="TKey">The keys' type.</typeparam>
/// <typeparam name="TValue">The values' type.</typeparam>
public sealed class LogProgramRun<TKey, TValue>
{
    private readonly ProgramSettings<TKey, TValue> _settings;
    private readonly Func<LogProgramContext<TKey, TValue>, CancellationToken, Task> _service;
    private readonly LogProgram? _replay;

    internal LogProgramRun(
        ProgramSettings<TKey, TValue> settings,
        Func<LogProgramContext<TKey, TValue>, CancellationToken, Task> service,
        LogProgram? replay)
    {
        _settings = settings;
        _service = service;
        _replay = replay;
    }

    /// <summary>
    /// Plays one program only, which a failure has named: it runs in the same way each time, on every machine.
    /// </summary>
    /// <param name="program">The text behind <c>Replay</c> in the failure, such as <c>4711 j0 s3 k</c>.</param>
    /// <exception cref="FormatException">It is no program.</exception>
    public LogProgramRun<TKey, TValue> Replay(string program)
    {
        ArgumentNullException.ThrowIfNull(program);
        return new LogProgramRun<TKey, TValue>(_settings, _service, LogProgram.Parse(program));
    }

    /// <summary>
    /// What FsCheck checks: on each program, all laws hold, and the group has committed everything in the end.
    /// </summary>
    /// <param name="laws">The laws, at least one.</param>
    public Property Satisfies(params Law[] laws)
    {
        ArgumentNullException.ThrowIfNull(laws);
        ArgumentOutOfRangeException.ThrowIfZero(laws.Length);
        Gen<LogProgram> programs = _replay is null
            ? ProgramGenerator.Of(_settings.Options)
            : Gen.Constant(_replay);
        return Prop.ForAll(
            Arb.From(programs, _replay is null ? ProgramShrinker.Shrink : static _ => []),
            program => Play(program, laws));
    }

    /// <summary>Plays one program, and throws what is broken.</summary>
    internal void Play(LogProgram program, Law[] laws)
    {
        try
        {
            new ProgramPlayer<TKey, TValue>(_settings, _service, program, hasContext: true).Play(laws);
        }
        catch (SimulationException failure) when (failure.HasLeft)
        {
            // Code with ConfigureAwait(false) leaves it, and runs without a context. Each program is tried in both
            // ways, so that one alone runs as it ran among others.
            new ProgramPlayer<TKey, TValue>(_settings, _service, program, hasContext: false).Play(laws);
        }
    }
}
