namespace EmbeddedLog.Comparison;

/// <summary>The target of EmbeddedLog in a workload, or only a figure to compare with.</summary>
/// <param name="Text">The target in words.</param>
/// <param name="AtLeast">How many times as good as the other figure; zero if the ratio is only printed.</param>
/// <param name="System">The system of the other figure; null if it is <paramref name="Figure"/>.</param>
/// <param name="Workload">The workload of the other figure; null for the same one.</param>
/// <param name="Figure">The other figure as a number, in the workload's unit.</param>
/// <param name="IsOfTime">Whether the text gives a time instead of a rate.</param>
internal sealed record Target(
    string Text,
    double AtLeast,
    string? System = null,
    string? Workload = null,
    double Figure = 0,
    bool IsOfTime = false)
{
    /// <summary>At most so many times the time of another.</summary>
    public static Target TimesTheTimeOf(string system, double times) =>
        new($"at most {times} x the time of {system}", 1 / times, system, IsOfTime: true);

    /// <summary>At least so many times as good as another.</summary>
    public static Target TimesAsGoodAs(string system, double times) =>
        new($"at least {times} x {system}", times, system);

    /// <summary>At least so many times as good as EmbeddedLog itself in another workload.</summary>
    public static Target TimesOwn(string workload, double times) =>
        new($"at least {times} x {workload}", times, Systems.EmbeddedLog, workload);

    /// <summary>No target, but the ratio to EmbeddedLog itself in another workload.</summary>
    public static Target PrintedWith(string workload) => new($"next to {workload}", 0, Systems.EmbeddedLog, workload);

    /// <summary>At least so many a second.</summary>
    public static Target AtLeastRate(double rate) => new($"at least {rate / 1e6} M records/s", 1, Figure: rate);

    /// <summary>At most so long.</summary>
    public static Target AtMostMicroseconds(double time) => new($"at most {time} us", 1, Figure: time, IsOfTime: true);
}
