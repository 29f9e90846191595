using System.Globalization;

namespace EmbeddedLog.Comparison;

/// <summary>
/// Measures all contenders in turn, round by round, so that what disturbs the machine disturbs them alike, and takes
/// medians.
/// </summary>
internal sealed class Comparison(Scale scale, string directory)
{
    private readonly Dictionary<(string Workload, string System), List<double>> _figures = [];

    public async Task<IReadOnlyList<Result>> RunAsync(IReadOnlyList<Contender> contenders)
    {
        for (int round = 1; round <= scale.Rounds; round++)
        {
            foreach (Contender contender in contenders)
            {
                await MeasureAsync(contender, round);
            }
        }

        return
        [
            .. from workload in Workload.All
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

    private async Task MeasureAsync(Contender contender, int round)
    {
        string scratch = Path.Combine(directory, Path.GetRandomFileName());
        Directory.CreateDirectory(scratch);
        try
        {
            // What the one before has left to write, or to give back, is not for this one to pay.
            GC.Collect();
            Posix.SyncFileSystem(scratch);
            double[] figures = await contender.MeasureAsync(scale, scratch);
            foreach ((string workload, double figure) in contender.Workloads.Zip(figures))
            {
                if (!_figures.TryGetValue((workload, contender.System), out List<double>? rounds))
                {
                    _figures.Add((workload, contender.System), rounds = []);
                }

                rounds.Add(figure);
                await Console.Error.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"round {round}: {workload,-18} {contender.System,-14} {figure,14:N1}"));
            }
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
