namespace EmbeddedLog.Comparison;

/// <summary>One system with one piece of work, which may give the figures of several workloads.</summary>
internal abstract class Contender
{
    /// <summary>The measured system: EmbeddedLog, a rival, or a limit of the machine.</summary>
    public abstract string System { get; }

    /// <summary>How it is set up, to be printed.</summary>
    public abstract string Settings { get; }

    /// <summary>The workloads of a run, in the order of its figures.</summary>
    public abstract IReadOnlyList<string> Workloads { get; }

    /// <summary>The system of each figure, if one run measures several systems.</summary>
    public virtual IReadOnlyList<string> Owners => [.. Workloads.Select(_ => System)];

    /// <summary>Whether this machine can run it.</summary>
    public virtual bool IsSupported => true;

    /// <summary>Whether it takes so long, mostly for preparations, that a quick run does it only once.</summary>
    public virtual bool IsSlowToPrepare => false;

    /// <summary>Does the work once.</summary>
    /// <param name="scale">The amount of work.</param>
    /// <param name="directory">An empty directory, which is removed afterwards.</param>
    /// <returns>A figure for each workload, in the workload's unit.</returns>
    public abstract Task<double[]> MeasureAsync(Scale scale, string directory);

    /// <summary>How many a second.</summary>
    protected static double Rate(long count, TimeSpan took) => count / took.TotalSeconds;
}
