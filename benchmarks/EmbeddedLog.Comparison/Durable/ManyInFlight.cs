using System.Diagnostics;

namespace EmbeddedLog.Comparison.Durable;

/// <summary>Runs loops side by side, each of which awaits one append before it makes the next.</summary>
internal static class ManyInFlight
{
    /// <summary>How many are in flight, by workload.</summary>
    public static IReadOnlyList<int> Counts { get; } = [16, 256, 4096];

    /// <summary>Acknowledged appends a second.</summary>
    public static async Task<double> RateAsync(int inFlight, Scale scale, Func<ValueTask> append)
    {
        int each = Math.Clamp(scale.DurableMany / inFlight, 4, scale.Durable);
        await LoopsAsync(inFlight, Math.Max(each / 10, 1), append);
        Stopwatch watch = Stopwatch.StartNew();
        await LoopsAsync(inFlight, each, append);
        return (double)inFlight * each / watch.Elapsed.TotalSeconds;
    }

    private static async Task LoopsAsync(int inFlight, int each, Func<ValueTask> append)
    {
        Task[] loops = new Task[inFlight];
        for (int i = 0; i < loops.Length; i++)
        {
            loops[i] = LoopAsync(each, append);
        }

        await Task.WhenAll(loops);
    }

    private static async Task LoopAsync(int each, Func<ValueTask> append)
    {
        for (int i = 0; i < each; i++)
        {
            await append();
        }
    }
}
