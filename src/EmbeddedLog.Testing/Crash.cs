using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Testing;

/// <summary>The ways in which <see cref="TestLog.CrashAsync"/> can end a process.</summary>
/// <remarks>Immutable, and safe from any thread.</remarks>
public sealed class Crash
{
    private readonly string _name;

    private Crash(string name, CrashKind kind, int? seed)
    {
        _name = name;
        Kind = kind;
        Seed = seed;
    }

    /// <summary>
    /// The process is killed, as by <c>kill -9</c>: everything written survives, flushed or not. Nothing of the process
    /// goes on.
    /// </summary>
    public static Crash Kill { get; } = new("kill", CrashKind.ProcessKill, null);

    /// <summary>How the machine ends.</summary>
    internal CrashKind Kind { get; }

    /// <summary>What decides about what was not flushed; null for the seed of the log.</summary>
    internal int? Seed { get; }

    /// <summary>
    /// The power fails: everything flushed survives. Of the rest, each page or sector is old or new, as the seed says.
    /// Only on a simulated log.
    /// </summary>
    /// <param name="seed">The same seed, after the same calls, leaves the same disk.</param>
    public static Crash PowerLoss(int seed) => new($"power loss, seed {seed}", CrashKind.PowerLoss, seed);

    /// <summary>The kind of the crash, and its seed.</summary>
    public override string ToString() => _name;
}
