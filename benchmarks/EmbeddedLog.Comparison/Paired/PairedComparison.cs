using System.Globalization;

namespace EmbeddedLog.Comparison.Paired;

/// <summary>
/// Measures two builds of the log in one process, in pairs without a pause, so that a machine whose speed changes from
/// minute to minute changes it for both. A pair gives a ratio, a workload the median of its pairs.
/// </summary>
internal sealed class PairedComparison(string against, int pairs, string directory)
{
    /// <summary>Longer than the runtime waits before it compiles hot methods again.</summary>
    private static readonly TimeSpan s_compilation = TimeSpan.FromMilliseconds(300);

    /// <summary>A pair takes a second or two: the longer it takes, the less its halves have in common.</summary>
    private static readonly Dictionary<string, int> s_amounts = new()
    {
        [nameof(Scale.Appends)] = 2_000_000,
        [nameof(Scale.ContendedAppends)] = 800_000,
        [nameof(Scale.Durable)] = 400,
        [nameof(Scale.WakeUps)] = 1_000,
    };

    /// <summary>Measures and prints a line for each workload.</summary>
    /// <param name="isWanted">Which workloads.</param>
    /// <param name="atMost">How much slower this build may be, in per cent.</param>
    /// <returns>How many workloads are slower than that.</returns>
    public async Task<int> RunAsync(Func<string, bool> isWanted, double atMost)
    {
        ComparisonBuild other = new(against, s_amounts);
        ComparisonBuild own = new(AppContext.BaseDirectory, s_amounts);
        Console.WriteLine($"{"workload",-28} {"against",14} {"this build",14} {"unit",-10} "
            + $"{"ratio",6}  {"quartiles",-15} of {pairs} pairs");
        int slower = 0;
        foreach (string contender in own.Measurable.Intersect(other.Measurable))
        {
            (int Index, string Workload)[] wanted =
                [.. own.WorkloadsOf(contender).Where(one => isWanted(one.Workload))];
            if (wanted.Length == 0)
            {
                continue;
            }

            (List<double[]> before, List<double[]> now) = await MeasureAsync(contender, other, own);
            foreach ((int index, string name) in wanted)
            {
                Workload workload = Workloads.All.First(one => one.Name == name);
                double[] ratios =
                    [.. now.Zip(before, (ours, theirs) => workload.Ratio(ours[index], theirs[index])).Order()];
                bool isSlower = Quantile(ratios, 0.5) < 1 - (atMost / 100);
                slower += isSlower ? 1 : 0;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name,-28} {Median(before, index),14:N1} {Median(now, index),14:N1} {workload.Unit,-10} "
                    + $"{Quantile(ratios, 0.5),6:F3}  {Quantile(ratios, 0.25),6:F3} {Quantile(ratios, 0.75),6:F3}"
                    + $"{(isSlower ? "  slower" : "")}"));
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"slower by more than {atMost} %: {slower} workloads"));
        return slower;
    }

    private static double Median(List<double[]> figures, int index) =>
        Quantile([.. figures.Select(figure => figure[index]).Order()], 0.5);

    private static double Quantile(double[] sorted, double part)
    {
        double place = part * (sorted.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (place - below));
    }

    private async Task<(List<double[]> Before, List<double[]> Now)> MeasureAsync(
        string contender, ComparisonBuild other, ComparisonBuild own)
    {
        for (int pass = 0; pass < 3; pass++)
        {
            await other.MeasureAsync(contender, warmUp: true, directory);
            await own.MeasureAsync(contender, warmUp: true, directory);
            await Task.Delay(s_compilation);
        }

        List<double[]> before = [];
        List<double[]> now = [];
        for (int pair = -1; pair < pairs; pair++)
        {
            // The second one finds the machine as the first has left it, so the order changes from pair to pair.
            bool ownFirst = (pair & 1) != 0;
            double[] first = await (ownFirst ? own : other).MeasureAsync(contender, warmUp: false, directory);
            double[] second = await (ownFirst ? other : own).MeasureAsync(contender, warmUp: false, directory);
            if (pair >= 0)
            {
                // The pair before the first is not counted: memory was cold.
                now.Add(ownFirst ? first : second);
                before.Add(ownFirst ? second : first);
            }
        }

        return (before, now);
    }
}
