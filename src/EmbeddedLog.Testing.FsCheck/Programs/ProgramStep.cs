using System.Globalization;

namespace EmbeddedLog.Testing.FsCheck.Programs;

/// <summary>One thing that happens.</summary>
/// <param name="Kind">What.</param>
/// <param name="Number">Which, or how much: each kind takes from it what it needs.</param>
internal readonly record struct ProgramStep(ProgramStepKind Kind, int Number)
{
    /// <summary>After the step, the members do what they can; otherwise it comes at the next step's moment.</summary>
    public bool Settles => Number % 4 != 3;

    /// <summary>
    /// The time that a <see cref="ProgramStepKind.Wait"/> takes: mostly little, at times more than a member may be
    /// stuck.
    /// </summary>
    public TimeSpan Span => TimeSpan.FromSeconds((Number % 8) switch
    {
        < 4 => 1,
        < 6 => 10,
        6 => 60,
        _ => 360,
    });

    /// <summary>As in <c>s3</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(char)Kind}{Number}");
}
