using System.Diagnostics;

namespace EmbeddedLog.Partitions.Flushing;

/// <summary>
/// Decides when partitions are flushed together with one call for all their files. Numbers in, decision out: each
/// method gives the policy as it is afterwards, and asks neither a clock nor anybody else.
/// </summary>
/// <remarks>
/// What one call for all costs depends on what else the file system has in memory, and on the device. So it is
/// measured: a call that took far longer than flushes side by side would have is a loss. After a loss partitions are
/// flushed separately for as long as was lost, and for ever longer if the next calls lose too. The benchmark that
/// justifies it is <c>durable-spread</c> in benchmarks/EmbeddedLog.Comparison, next to the ways that it chooses from.
/// </remarks>
/// <param name="MinTogether">From how many files on one call for all may be worth it.</param>
internal readonly record struct SharedFlushPolicy(int MinTogether)
{
    /// <summary>What is larger is flushed by itself: the others would wait for it.</summary>
    private const long MaxBytesTogether = 1 << 20;

    /// <summary>
    /// How much longer one call may take before that is a loss: flushes side by side take several times as much of the
    /// processors, from those whose appends are to be flushed next.
    /// </summary>
    private const double Allowance = 2;

    /// <summary>How many times what was lost the pause is, at most.</summary>
    private const int LongestPause = 64;

    /// <summary>How much longer the pause is with each loss in a row: one alone is only a disk that paused.</summary>
    private const int PauseGrowth = 4;

    /// <summary>How much the last measurement counts.</summary>
    private const double NewShare = 0.1;

    /// <summary>
    /// Ticks from one end of a flush by itself to the next, while there are any to be made: what a flush costs where
    /// several are made side by side, with the wake-ups of their threads. Zero until known.
    /// </summary>
    public double TicksAlone { get; init; }

    /// <summary>The timestamp before which nothing is flushed together.</summary>
    public long PausedUntil { get; init; } = long.MinValue;

    /// <summary>How many times what the next loss is the pause after it will be.</summary>
    public int PauseFactor { get; init; } = 1;

    /// <summary>Whether so many partitions, which wait at this timestamp, are flushed with one call.</summary>
    public bool IsTogether(int waiting, long now) =>
        waiting >= MinTogether && TicksAlone > 0 && now >= PausedUntil;

    /// <summary>Whether a partition with so many bytes to flush may join others.</summary>
    public static bool MayJoin(long bytes) => bytes <= MaxBytesTogether;

    /// <summary>Takes in how long a partition's flush by itself took. A large one says nothing of others.</summary>
    public SharedFlushPolicy AfterAlone(long bytes, long ticks)
    {
        if (bytes <= 0 || !MayJoin(bytes))
        {
            return this;
        }

        double each = Math.Max(1, ticks);
        return this with { TicksAlone = TicksAlone == 0 ? each : TicksAlone + (NewShare * (each - TicksAlone)) };
    }

    /// <summary>Takes in how long one call for so many partitions has taken, which ended at this timestamp.</summary>
    public SharedFlushPolicy AfterTogether(int partitions, long ticks, long now)
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
        Debug.Assert(MinTogether > 0, "Nothing would be flushed with a call for nobody.");
        Debug.Assert(TicksAlone is 0 or >= 1, "A flush that is known takes time.");
        Debug.Assert(PauseFactor is >= 1 and <= LongestPause, "Pauses are bounded.");
    }
}
