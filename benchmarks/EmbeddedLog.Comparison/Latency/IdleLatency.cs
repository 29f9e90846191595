using System.Diagnostics;

namespace EmbeddedLog.Comparison.Latency;

/// <summary>Times the way of a record to a waiting consumer.</summary>
internal sealed class IdleLatency : IDisposable
{
    /// <summary>Long enough for the consumer to wait again, and for threads to go to sleep.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(1);

    private readonly AutoResetEvent _arrived = new(false);
    private long _arrivedAt;

    /// <summary>The names of the two workloads: the median and the 99th percentile.</summary>
    public static string[] Names(Durability level, bool inline)
    {
        string name = $"latency-{(level == Durability.Flushed ? "flushed" : "written")}-{(inline ? "inline" : "pool")}";
        return [name, name + "-p99"];
    }

    /// <summary>Called by the consumer with each record in its hands.</summary>
    public void NoteArrival()
    {
        Volatile.Write(ref _arrivedAt, Stopwatch.GetTimestamp());
        _arrived.Set();
    }

    /// <summary>
    /// Produces one by one from a thread of its own, each after a pause. Gives the median and the 99th percentile of
    /// the times to the arrival, or to the end of the produce if that is later and counts.
    /// </summary>
    /// <param name="count">How many.</param>
    /// <param name="produce">Produces a record.</param>
    /// <param name="toTheEnd">Whether the end of the produce counts too.</param>
    public Task<double[]> TimeAsync(int count, Action produce, bool toTheEnd) =>
        Task.Factory.StartNew(
            () => Time(count, produce, toTheEnd),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

    public void Dispose() => _arrived.Dispose();

    private double[] Time(int count, Action produce, bool toTheEnd)
    {
        using ManualResetEvent never = new(false);
        List<TimeSpan> times = new(count);
        for (int i = -count / 10; i < count; i++)
        {
            never.WaitOne(s_pause);
            long start = Stopwatch.GetTimestamp();
            produce();
            long end = Stopwatch.GetTimestamp();
            _arrived.WaitOne();
            long arrived = Volatile.Read(ref _arrivedAt);
            if (i >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(start, toTheEnd ? Math.Max(end, arrived) : arrived));
            }
        }

        return Percentiles.Of(times);
    }
}
