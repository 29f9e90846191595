namespace EmbeddedLog.Testing.Model;

/// <summary>Finds a short program that shows a violation like a long one.</summary>
internal static class ModelShrinker
{
    private const int MaxTries = 2_000;

    /// <summary>Removes steps, and makes amounts and sizes smaller, as long as there is a violation.</summary>
    public static ModelProgram Shrink(ModelProgram program)
    {
        int tries = 0;
        bool smaller = true;
        while (smaller)
        {
            smaller = false;
            foreach (ModelProgram candidate in Candidates(program))
            {
                if (++tries > MaxTries)
                {
                    return program;
                }

                if (ModelRunner.TryFindViolation(candidate, new ModelStatistics()) is not null)
                {
                    program = candidate;
                    smaller = true;
                    break;
                }
            }
        }

        return program;
    }

    /// <summary>The programs that are one step smaller, the greatest reduction first.</summary>
    public static IEnumerable<ModelProgram> Candidates(ModelProgram program)
    {
        for (int count = program.Steps.Count / 2; count > 0; count /= 2)
        {
            for (int from = 0; from + count <= program.Steps.Count; from += count)
            {
                ModelStep[] rest = [.. program.Steps.Take(from), .. program.Steps.Skip(from + count)];
                yield return program with { Steps = rest };
            }
        }

        for (int i = 0; i < program.Steps.Count; i++)
        {
            ModelStep step = program.Steps[i];
            if (step.Amount > 1)
            {
                yield return With(program, i, step with { Amount = step.Amount / 2 });
            }

            if (step.Size > 0)
            {
                yield return With(program, i, step with { Size = step.Size / 2 });
            }
        }
    }

    private static ModelProgram With(ModelProgram program, int index, ModelStep step)
    {
        ModelStep[] steps = [.. program.Steps];
        steps[index] = step;
        return program with { Steps = steps };
    }
}
