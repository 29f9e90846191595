using System.Diagnostics;

namespace EmbeddedLog.Comparison.Durable;

/// <summary>Runs loops side by side, each of which awaits one append before it makes the next.</summary>
internal static class ManyInFlight
{
    /// <summary>How many are in flight, by workload.</summary>
    public static IReadOnlyList<int> Counts { get; } = [16, 256, 4096];

    /// <summary>The workload's name.</summary>
    public static string Name(int inFlight) => $"durable-many-{inFlight}";

    /// <summary>Acknowledged appends a second.</summary>
    public static Task<double> RateAsync(int inFlight, Scale scale, Func<ValueTask> append) =>
        RateAsync(inFlight, scale.DurableMany, scale.Durable, append);

    /// <summary>Acknowledged appends a second.</summary>
    /// <param name="inFlight">How many are in flight at a time.</param>
    /// <param name="count">About how many in all.</param>
    /// <param name="atMostEach">How many, at most, one after the other.</param>
    /// <param name="append">Makes an append and waits for its acknowledgement.</param>
    public static async Task<double> RateAsync(int inFlight, int count, int atMostEach, Func<ValueTask> append)
    {
        int each = Math.Clamp(count / inFlight, Math.Min(4, atMostEach), atMostEach);
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
