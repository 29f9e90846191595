using System.Diagnostics;

namespace EmbeddedLog.Torture.Machine;

/// <summary>Waits to a fraction of a millisecond, which timers do not.</summary>
internal static class Moment
{
    private static readonly TimeSpan s_timerResolution = TimeSpan.FromMilliseconds(2);

    public static async Task PassAsync(TimeSpan time, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        if (time > s_timerResolution)
        {
            await Task.Delay(time - s_timerResolution, stop);
        }

        while (Stopwatch.GetElapsedTime(start) < time)
        {
            Thread.SpinWait(20);
        }
    }
}
