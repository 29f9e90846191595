#if SWITCHABLE_PROTECTIONS
using EmbeddedLog.Safety;
using EmbeddedLog.Testing.Model;

namespace EmbeddedLog.Torture.Teeth;

/// <summary>The result of taking out a protection.</summary>
/// <param name="Seed">The seed of the program that failed; null if none did.</param>
/// <param name="States">The number of crashed states played.</param>
/// <param name="Told">The failure found, or why none counts.</param>
internal sealed record Bite(int? Seed, long States, string Told)
{
    /// <summary>Plays programs without a protection until one of them fails.</summary>
    /// <param name="without">The protection to take out.</param>
    /// <param name="seed">The first program's.</param>
    /// <param name="maxStates">The highest number of crashed states.</param>
    /// <param name="isOver">Returns whether the search must end.</param>
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

            // The same program must pass with the protection; otherwise the failure has another cause.
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
