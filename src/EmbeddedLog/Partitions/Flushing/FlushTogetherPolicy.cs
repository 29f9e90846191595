using System.Diagnostics;

namespace EmbeddedLog.Partitions.Flushing;

/// <summary>
/// Decides when partitions are flushed together with one call for all their files. It is a pure function of its inputs:
/// each method returns the policy afterwards, and reads no clock.
/// </summary>
/// <remarks>
/// The cost of one call for all depends on the device, and on the other contents of the file system's memory. So it is
/// measured: a call that took far longer than flushes side by side is a loss. After a loss partitions flush separately
/// for as long as it lost, and for growing times if the next calls lose too. The benchmark that justifies it is
/// <c>durable-spread</c> in benchmarks/EmbeddedLog.Comparison, next to the ways that it chooses from.
/// </remarks>
/// <param name="MinTogether">The number of files from which on one call for all may be faster.</param>
internal readonly record struct FlushTogetherPolicy(int MinTogether)
{
    /// <summary>A larger flush is made by itself, because the others would wait for it.</summary>
    private const long MaxBytesTogether = 1 << 20;

    /// <summary>
    /// How much longer one call may take before it counts as a loss: flushes side by side take several times as much
    /// processor time, which the next appends need.
    /// </summary>
    private const double Allowance = 2;

    /// <summary>The longest pause, as a multiple of the loss.</summary>
    private const int LongestPause = 64;

    /// <summary>
    /// The growth of the pause with each loss in a row. A single loss may only be a disk that paused.
    /// </summary>
    private const int PauseGrowth = 4;

    /// <summary>The weight of the last measurement.</summary>
    private const double NewShare = 0.1;

    /// <summary>
    /// Ticks between the ends of two flushes by themselves, while there are some to make: the cost of a flush side by
    /// side with others, with the wake-ups of their threads. Zero until known.
    /// </summary>
    public double TicksAlone { get; init; }

    /// <summary>The timestamp before which nothing is flushed together.</summary>
    public long PausedUntil { get; init; } = long.MinValue;

    /// <summary>The pause after the next loss, as a multiple of it.</summary>
    public int PauseFactor { get; init; } = 1;

    /// <summary>Whether so many partitions that wait at this timestamp are flushed with one call.</summary>
    public bool IsTogether(int waiting, long now) =>
        waiting >= MinTogether && TicksAlone > 0 && now >= PausedUntil;

    /// <summary>Whether a partition with so many bytes to flush may join others.</summary>
    public static bool MayJoin(long bytes) => bytes <= MaxBytesTogether;

    /// <summary>Adds the time of a partition's flush by itself. A large flush does not count.</summary>
    public FlushTogetherPolicy AfterAlone(long bytes, long ticks)
    {
        if (bytes <= 0 || !MayJoin(bytes))
        {
            return this;
        }

        double each = Math.Max(1, ticks);
        return this with { TicksAlone = TicksAlone == 0 ? each : TicksAlone + (NewShare * (each - TicksAlone)) };
    }

    /// <summary>Adds the time of one call for so many partitions, which ended at this timestamp.</summary>
    public FlushTogetherPolicy AfterTogether(int partitions, long ticks, long now)
    {
        double lost = ticks - (Allowance * partitions * TicksAlone);
        return lost > 0
            ? this with
            {
                PausedUntil = now + (long)(PauseFactor * lost),
                PauseFactor = Math.Min(LongestPause, PauseGrowth * PauseFactor),
            }
            : this with { PausedUntil = long.MinValue, PauseFactor = 1 };
    }

    [Conditional("DEBUG")]
    public void AssertInvariants()
    {
        Debug.Assert(MinTogether > 0, "A call would flush no files.");
        Debug.Assert(TicksAlone is 0 or >= 1, "A flush that is known takes time.");
        Debug.Assert(PauseFactor is >= 1 and <= LongestPause, "Pauses are bounded.");
    }
}
