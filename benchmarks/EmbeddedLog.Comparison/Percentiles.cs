using System.Diagnostics;

namespace EmbeddedLog.Comparison;

/// <summary>Times calls one by one.</summary>
internal static class Percentiles
{
    /// <summary>The median and the 99th percentile, in microseconds.</summary>
    public static double[] Of(List<TimeSpan> times)
    {
        double[] sorted = [.. times.Select(time => time.TotalMicroseconds).Order()];
        return [sorted[sorted.Length / 2], sorted[sorted.Length * 99 / 100]];
    }

    /// <summary>Makes the call so many times, after a tenth of that to warm up.</summary>
    public static double[] Time(int count, Action call)
    {
        List<TimeSpan> times = new(count);
        for (int i = -count / 10; i < count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            call();
            if (i >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(start));
            }
        }

        return Of(times);
    }

    /// <inheritdoc cref="Time"/>
    public static async Task<double[]> TimeAsync(int count, Func<ValueTask> call)
    {
        List<TimeSpan> times = new(count);
        for (int i = -count / 10; i < count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await call();
            if (i >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(start));
            }
        }

        return Of(times);
    }
}
