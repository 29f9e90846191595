using System.Diagnostics;
using System.Globalization;

namespace EmbeddedLog.Benchmarks;

/// <summary>
/// The two ways of writing, side by side: stores to a map, and positional writes. Interleaved; medians.
/// </summary>
internal static class WriteModeComparison
{
    private const int Rounds = 7;
    private const int Appends = 3_000_000;
    private const int DurableAppends = 3_000;

    public static async Task RunAsync()
    {
        Console.WriteLine($"100-byte values, one thread; {Rounds} rounds, interleaved; medians.");
        WriteMode[] modes = [WriteMode.Mapped, WriteMode.Positional];
        Dictionary<(WriteMode, string), List<double>> figures = [];
        for (int round = 0; round < Rounds; round++)
        {
            foreach (WriteMode mode in modes)
            {
                foreach ((string name, double value) in await MeasureAsync(mode))
                {
                    figures.TryAdd((mode, name), []);
                    figures[(mode, name)].Add(value);
                }
            }
        }

        foreach (string name in figures.Keys.Select(key => key.Item2).Distinct())
        {
            double mapped = Median(figures[(WriteMode.Mapped, name)]);
            double positional = Median(figures[(WriteMode.Positional, name)]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-48} mapped {mapped,9:F1}  positional {positional,9:F1}  ratio {positional / mapped,6:F2}"));
        }
    }

    private static async Task<List<(string Name, double Value)>> MeasureAsync(WriteMode mode)
    {
        List<(string, double)> figures = [];
        byte[] value = new byte[100];
        TopicOptions options = new() { WriteMode = mode, FlushInterval = TimeSpan.FromSeconds(1) };
        await using (ScratchLog scratch = await ScratchLog.OpenAsync(options))
        {
            Stopwatch watch = Stopwatch.StartNew();
            for (int i = 0; i < Appends; i++)
            {
                scratch.Topic[0].Append(new RawRecord(value));
            }

            figures.Add(("append, flushed every second (ns a record)", watch.Elapsed.TotalNanoseconds / Appends));
            await scratch.Topic[0].FlushAsync();
            figures.Add(("  the same to the end of a final flush", watch.Elapsed.TotalNanoseconds / Appends));
        }

        await using (ScratchLog scratch = await ScratchLog.OpenAsync(options))
        {
            double[] micros = new double[DurableAppends];
            for (int i = 0; i < micros.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                scratch.Topic[0].Append(new RawRecord(value));
                await scratch.Topic[0].FlushAsync();
                micros[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            }

            Array.Sort(micros);
            figures.Add(("append and flush, one by one, p50 (us)", micros[micros.Length / 2]));
            figures.Add(("append and flush, one by one, p99 (us)", micros[micros.Length * 99 / 100]));
        }

        return figures;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
