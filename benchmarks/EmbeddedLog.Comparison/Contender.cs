namespace EmbeddedLog.Comparison;

/// <summary>One system doing one piece of work, which may yield the figures of several workloads.</summary>
internal abstract class Contender
{
    /// <summary>The name of what is measured: EmbeddedLog, a rival, or a limit of the machine.</summary>
    public abstract string System { get; }

    /// <summary>How it is set up, to be printed.</summary>
    public abstract string Settings { get; }

    /// <summary>The workloads that a run yields figures for, in the order of the figures.</summary>
    public abstract IReadOnlyList<string> Workloads { get; }

    /// <summary>Whose figure each of them is, where one run measures several ways of doing the same.</summary>
    public virtual IReadOnlyList<string> Owners => [.. Workloads.Select(_ => System)];

    /// <summary>Whether this machine can run it.</summary>
    public virtual bool IsSupported => true;

    /// <summary>Whether it takes so long, mostly to prepare, that a quick look does it only once.</summary>
    public virtual bool IsSlowToPrepare => false;

    /// <summary>Does the work once.</summary>
    /// <param name="scale">How much of it.</param>
    /// <param name="directory">An empty directory, which is removed afterwards.</param>
    /// <returns>A figure for each workload, in the workload's unit.</returns>
    public abstract Task<double[]> MeasureAsync(Scale scale, string directory);

    /// <summary>How many a second.</summary>
    protected static double Rate(long count, TimeSpan took) => count / took.TotalSeconds;
}
