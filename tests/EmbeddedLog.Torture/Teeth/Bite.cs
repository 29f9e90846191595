#if SWITCHABLE_PROTECTIONS
using EmbeddedLog.Safety;
using EmbeddedLog.Testing.Model;

namespace EmbeddedLog.Torture.Teeth;

/// <summary>What came of taking out a protection.</summary>
/// <param name="Seed">The seed of the program that noticed; null where none did.</param>
/// <param name="States">How many crashed states it took.</param>
/// <param name="Told">What was noticed, or why nothing counts as noticed.</param>
internal sealed record Bite(int? Seed, long States, string Told)
{
    /// <summary>Plays programs without a protection until one of them notices.</summary>
    /// <param name="without">What to take out.</param>
    /// <param name="seed">The first program's.</param>
    /// <param name="maxStates">How many crashed states at most.</param>
    /// <param name="isOver">Whether to give up.</param>
    public static Bite Find(Protection without, int seed, long maxStates, Func<bool> isOver)
    {
        ModelStatistics statistics = new();
        for (; statistics.CrashedStates < maxStates && !isOver(); seed = unchecked(seed + 1))
        {
            ModelProgram program = ModelProgram.Generate(seed);
            if (Play(program, without, statistics) is not { } noticed)
            {
                continue;
            }

            // With the protection in, the same program must pass: else it is something else that was noticed.
            return Play(program, null, new ModelStatistics()) is { } fault
                ? new Bite(null, statistics.CrashedStates, $"seed {seed} fails with all protections: {fault.Message}")
                : new Bite(seed, statistics.CrashedStates, FirstLine(noticed.Message));
        }

        return new Bite(null, statistics.CrashedStates, $"nobody missed it in {statistics.CrashedStates} states");
    }

    private static Exception? Play(ModelProgram program, Protection? without, ModelStatistics statistics)
    {
        Protections.Without = without;
        try
        {
            return ModelRunner.TryFindViolation(program, statistics);
        }
        finally
        {
            Protections.Without = null;
        }
    }

    private static string FirstLine(string message) => message.Split('\n')[0];
}
#endif
