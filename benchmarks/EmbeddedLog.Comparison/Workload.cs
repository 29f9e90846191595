namespace EmbeddedLog.Comparison;

/// <summary>A kind of work, and how its figures are to be read.</summary>
/// <param name="Name">The name, as on the command line and in the file of results.</param>
/// <param name="Title">What is done.</param>
/// <param name="Unit"><c>records/s</c>, of which more is better, or <c>us</c>, of which less is.</param>
/// <param name="Targets">What is to be reached.</param>
internal sealed record Workload(string Name, string Title, string Unit, params IReadOnlyList<Target> Targets)
{
    public const string Records = "records/s";
    public const string Microseconds = "us";

    /// <summary>How many times better a figure is than another.</summary>
    public double Ratio(double figure, double other) => Unit == Records ? figure / other : other / figure;

    /// <summary>Whether it is asked for by its own name or by that of a group of workloads.</summary>
    public static bool IsMeant(string name, string wanted) =>
        name == wanted || name.StartsWith(wanted + "-", StringComparison.Ordinal);
}
