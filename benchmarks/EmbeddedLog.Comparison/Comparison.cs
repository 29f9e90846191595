using System.Diagnostics;
using System.Globalization;

namespace EmbeddedLog.Comparison;

/// <summary>
/// Measures all contenders in turn, round by round, so that a disturbance hits all of them, and takes medians.
/// </summary>
internal sealed class Comparison(Scale scale, string directory)
{
    /// <summary>Longer than the runtime waits before it compiles hot methods again.</summary>
    private static readonly TimeSpan s_compilation = TimeSpan.FromMilliseconds(300);

    private readonly Dictionary<(string Workload, string System), List<double>> _figures = [];

    public async Task<IReadOnlyList<Result>> RunAsync(IReadOnlyList<Contender> contenders)
    {
        // Slow contenders come last, because a quick run may have to leave them out.
        Contender[] inOrder = [.. contenders.OrderBy(one => one.IsSlowToPrepare)];
        Stopwatch watch = Stopwatch.StartNew();
        for (int pass = 0; pass < scale.WarmUps; pass++)
        {
            // All code is compiled, and compiled again, here and not in a measured round.
            foreach (Contender contender in inOrder)
            {
                await MeasureAsync(contender, Scale.WarmUp);
            }

            await Task.Delay(s_compilation);
        }

        // The time of a round without contenders that run only once.
        TimeSpan longest = TimeSpan.Zero;
        for (int round = 1; round <= scale.Rounds && watch.Elapsed + longest < scale.AtMost; round++)
        {
            TimeSpan took = TimeSpan.Zero;
            foreach (Contender contender in inOrder)
            {
                if (contender.IsSlowToPrepare && round > scale.SlowRounds)
                {
                    continue;
                }

                TimeSpan start = watch.Elapsed;
                if (start > scale.AtMost)
                {
                    await Console.Error.WriteLineAsync($"no time for {contender.Workloads[0]} of {contender.System}");
                    continue;
                }

                Note(contender, round, await MeasureAsync(contender, scale));
                took += contender.IsSlowToPrepare ? TimeSpan.Zero : watch.Elapsed - start;
            }

            longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, took.Ticks));
        }

        return
        [
            .. from workload in Workloads.All
               from figure in _figures
               where figure.Key.Workload == workload.Name
               select new Result(workload, figure.Key.System, Median(figure.Value), figure.Value),
        ];
    }

    private static double Median(List<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private void Note(Contender contender, int round, double[] figures)
    {
        foreach ((string workload, string system, double figure) in contender.Workloads.Zip(contender.Owners, figures))
        {
            if (!_figures.TryGetValue((workload, system), out List<double>? rounds))
            {
                _figures.Add((workload, system), rounds = []);
            }

            rounds.Add(figure);
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"round {round}: {workload,-24} {system,-18} {figure,14:N1}"));
        }
    }

    private async Task<double[]> MeasureAsync(Contender contender, Scale amount)
    {
        string scratch = Path.Combine(directory, Path.GetRandomFileName());
        Directory.CreateDirectory(scratch);
        try
        {
            // Unwritten bytes and garbage of the contender before must not cost this one time.
            GC.Collect();
            Posix.SyncFileSystem(scratch);
            Posix.TouchFreeMemory(Scale.PageCacheOf(amount.Appends));
            return await contender.MeasureAsync(amount, scratch);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
