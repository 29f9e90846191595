using System.Diagnostics;
using System.Globalization;

namespace EmbeddedLog.Comparison;

/// <summary>
/// Measures all contenders in turn, round by round, so that what disturbs the machine disturbs them alike, and takes
/// medians.
/// </summary>
internal sealed class Comparison(Scale scale, string directory)
{
    /// <summary>More than the runtime waits before it compiles what was called often.</summary>
    private static readonly TimeSpan s_compilation = TimeSpan.FromMilliseconds(300);

    private readonly Dictionary<(string Workload, string System), List<double>> _figures = [];

    public async Task<IReadOnlyList<Result>> RunAsync(IReadOnlyList<Contender> contenders)
    {
        // What is slow to prepare comes last, where a look of a minute may have to leave it out.
        Contender[] inOrder = [.. contenders.OrderBy(one => one.IsSlowToPrepare)];
        Stopwatch watch = Stopwatch.StartNew();
        for (int pass = 0; pass < scale.WarmUps; pass++)
        {
            // What is compiled, and compiled again, is compiled here, and not where it would count.
            foreach (Contender contender in inOrder)
            {
                await MeasureAsync(contender, Scale.WarmUp);
            }

            await Task.Delay(s_compilation);
        }

        // What a round took that does only what every round does.
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
            // What the one before has left to write, or to give back, is not for this one to pay.
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
