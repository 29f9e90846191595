namespace EmbeddedLog.Testing.FsCheck.Programs;

/// <summary>Makes programs shorter and simpler: FsCheck goes on with the first one that still breaks the law.</summary>
internal static class ProgramShrinker
{
    /// <summary>The program without ever smaller runs of its steps, then with smaller numbers.</summary>
    public static IEnumerable<LogProgram> Shrink(LogProgram program)
    {
        ProgramStep[] steps = program.Steps;
        for (int run = (steps.Length + 1) / 2; run > 0; run /= 2)
        {
            for (int start = 0; start < steps.Length; start += run)
            {
                yield return program with
                {
                    Steps = [.. steps[..start], .. steps[Math.Min(steps.Length, start + run)..]],
                };
            }
        }

        for (int i = 0; i < steps.Length; i++)
        {
            foreach (int smaller in Smaller(steps[i].Number))
            {
                yield return program with
                {
                    Steps = [.. steps[..i], steps[i] with { Number = smaller }, .. steps[(i + 1)..]],
                };
            }
        }
    }

    private static IEnumerable<int> Smaller(int number) =>
        new[] { 0, 1, 2, 3, number / 2, number - 1 }.Where(each => each >= 0 && each < number).Distinct();
}
