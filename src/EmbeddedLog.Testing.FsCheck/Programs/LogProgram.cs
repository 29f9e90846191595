using System.Globalization;

namespace EmbeddedLog.Testing.FsCheck.Programs;

/// <summary>What happens, and the seed of the simulation that it happens in.</summary>
internal sealed record LogProgram(int Seed, ProgramStep[] Steps)
{
    /// <summary>The text from which <see cref="Parse"/> makes it again.</summary>
    public string Code =>
        string.Join(' ', Steps.Select(step => step.ToString()).Prepend(Seed.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Reads a text.</summary>
    public static LogProgram Parse(string code)
    {
        string[] parts = code.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length == 0 || !int.TryParse(parts[0], CultureInfo.InvariantCulture, out int seed))
        {
            throw new FormatException($"'{code}' is no program: it must begin with its seed, as in '4711 j0 s3 k0'.");
        }

        return new LogProgram(seed, [.. parts.Skip(1).Select(part => ParseStep(code, part))]);
    }

    /// <summary>For people, and for who wants to repeat it.</summary>
    public override string ToString() =>
        $"{string.Join("; ", Steps.Select(Describe))}\n  to repeat it: .Replay(\"{Code}\")";

    private static ProgramStep ParseStep(string code, string part)
    {
        ProgramStepKind kind = (ProgramStepKind)part[0];
        return Enum.IsDefined(kind) && int.TryParse(part.AsSpan(1), CultureInfo.InvariantCulture, out int number)
            ? new ProgramStep(kind, number)
            : throw new FormatException($"'{part}' in '{code}' is no step: a step is a letter and a number, as in s3.");
    }

    private static string Describe(ProgramStep step) => step.Kind switch
    {
        ProgramStepKind.Send => $"send {1 + (step.Number % 3)}",
        ProgramStepKind.Start => $"start member {step.Number}",
        ProgramStepKind.Stop => $"stop member {step.Number}",
        ProgramStepKind.Kill => "kill",
        ProgramStepKind.PowerLoss => "lose power",
        ProgramStepKind.Fail => step.Number % 2 == 0 ? "the sink fails" : "the sink fails after its work",
        ProgramStepKind.Slow => "the sink changes its speed",
        ProgramStepKind.Wait => $"wait {step.Span}",
        _ => "the clock jumps",
    };
}
