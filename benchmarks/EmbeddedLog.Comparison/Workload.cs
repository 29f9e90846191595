namespace EmbeddedLog.Comparison;

/// <summary>A kind of work, and the meaning of its figures.</summary>
/// <param name="Name">The name, as on the command line and in the file of results.</param>
/// <param name="Title">The work.</param>
/// <param name="Unit"><c>records/s</c>, where more is better, or <c>us</c>, where less is better.</param>
/// <param name="Targets">Its targets.</param>
internal sealed record Workload(string Name, string Title, string Unit, params IReadOnlyList<Target> Targets)
{
    public const string Records = "records/s";
    public const string Microseconds = "us";

    /// <summary>How many times better a figure is than another.</summary>
    public double Ratio(double figure, double other) => Unit == Records ? figure / other : other / figure;

    /// <summary>Whether a name is its own or that of its group of workloads.</summary>
    public static bool IsMeant(string name, string wanted) =>
        name == wanted || name.StartsWith(wanted + "-", StringComparison.Ordinal);
}
