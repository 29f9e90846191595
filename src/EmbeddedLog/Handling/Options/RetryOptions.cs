using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// How often, and how long apart, the handler of a record is called again after an exception. Part of
/// <see cref="ForEachOptions"/>, with which they are checked and copied.
/// </summary>
public sealed class RetryOptions
{
    /// <summary>
    /// How often the handler is called for one record, 1 to 1,000,000, the first call included. Default: 1.
    /// </summary>
    public int MaxAttempts { get; set; } = 1;

    /// <summary>The time between the first attempt and the second, 0 to 1 day. Default: 100 ms.</summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How many times longer each further time is than the one before, 1 to 100. Default: 2.</summary>
    public double BackoffMultiplier { get; set; } = 2;

    /// <summary>The longest time between two attempts, 0 to 1 day. Default: 30 seconds.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Says of an exception of the handler whether another attempt may help; false makes the attempt the last one. If
    /// it
    /// throws, there is another attempt. Code only: configuration cannot set it. Default: null, which always tries
    /// again.
    /// </summary>
    public Func<Exception, bool>? ShouldRetry { get; set; }

    /// <summary>Whether another attempt may help. Calls code of the user's, so not under a lock.</summary>
    internal bool MayRetry(Exception failure)
    {
        try
        {
            return ShouldRetry?.Invoke(failure) != false;
        }
#pragma warning disable CA1031 // The user's own. The record is not given up for that.
        catch (Exception)
#pragma warning restore CA1031
        {
            return true;
        }
    }

    /// <summary>A copy.</summary>
    internal RetryOptions Copy() => (RetryOptions)MemberwiseClone();

    /// <summary>Notes what is out of bounds.</summary>
    /// <param name="faults">Where to note it.</param>
    /// <param name="path">What the settings' names begin with.</param>
    internal void Validate(OptionFaults faults, string path)
    {
        TimeSpan day = TimeSpan.FromDays(1);
        faults.Range($"{path}{nameof(MaxAttempts)}", MaxAttempts, 1, 1_000_000, "attempts", "use 1 for no retries");
        faults.Range($"{path}{nameof(Delay)}", Delay, TimeSpan.Zero, day, "100 ms suits most handlers");
        if (!(BackoffMultiplier >= 1 && BackoffMultiplier <= 100))
        {
            faults.Add(
                $"{path}{nameof(BackoffMultiplier)}",
                BackoffMultiplier.ToString(System.Globalization.CultureInfo.InvariantCulture),
                "from 1 to 100",
                "use 1 for equal times");
        }

        faults.Range($"{path}{nameof(MaxDelay)}", MaxDelay, TimeSpan.Zero, day, "30 s suits most handlers");
    }

    /// <summary>The time to wait after so many attempts.</summary>
    internal TimeSpan DelayAfter(int attempts)
    {
        double ticks = Delay.Ticks * Math.Pow(BackoffMultiplier, attempts - 1);
        return ticks < MaxDelay.Ticks ? TimeSpan.FromTicks((long)ticks) : MaxDelay;
    }
}
