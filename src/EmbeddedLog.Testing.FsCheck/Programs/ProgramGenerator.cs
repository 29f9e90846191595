using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Testing.FsCheck.Programs;

/// <summary>Makes programs.</summary>
internal static class ProgramGenerator
{
    private const int MaxNumber = 40;
    private const int MaxSteps = 20;

    /// <summary>Programs with what the options allow.</summary>
    public static Gen<LogProgram> Of(ProgramOptions options) =>
        from seed in Gen.Choose(0, int.MaxValue)
        from count in Gen.Choose(1, MaxSteps)
        from steps in Gen.ArrayOf(Step(options), count)
        select new LogProgram(seed, steps);

    private static Gen<ProgramStep> Step(ProgramOptions options) =>
        from kind in Gen.Frequency(Weights(options))
        from number in Gen.Choose(0, MaxNumber)
        select new ProgramStep(kind, number);

    private static (int, Gen<ProgramStepKind>)[] Weights(ProgramOptions options)
    {
        List<(int, ProgramStepKind)> weights = [(6, ProgramStepKind.Send), (2, ProgramStepKind.Wait)];
        if (options.Crashes)
        {
            weights.AddRange(
                [(2, ProgramStepKind.Kill), (1, ProgramStepKind.PowerLoss), (1, ProgramStepKind.Jump)]);
        }

        if (options.Rebalances)
        {
            weights.AddRange([(3, ProgramStepKind.Start), (2, ProgramStepKind.Stop)]);
        }

        if (options.Failures)
        {
            weights.AddRange([(2, ProgramStepKind.Fail)]);
        }

        if (options.Failures || options.Rebalances)
        {
            weights.Add((1, ProgramStepKind.Slow));
        }

        return [.. weights.Select(weight => (weight.Item1, Gen.Constant(weight.Item2)))];
    }
}
