using EmbeddedLog.Validation;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog;

/// <summary>
/// Options of <see cref="CommitLog.SalvageAsync"/>. Checked and copied when passed in: later changes have no effect.
/// </summary>
public sealed class SalvageOptions
{
    /// <summary>The clock for the times in new files. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Logs the result. Default: null, which logs nothing.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>
    /// How long to wait for the log's owner to close it: 0 to 1 day, or <see cref="Timeout.InfiniteTimeSpan"/> for as
    /// long as it takes. Default: 0, which fails at once.
    /// </summary>
    public TimeSpan OwnerTimeout { get; set; } = TimeSpan.Zero;

    /// <summary>A copy that is known to be valid.</summary>
    /// <exception cref="ArgumentException">Something is out of bounds; the message has all faults.</exception>
    internal SalvageOptions ValidatedCopy()
    {
        var copy = (SalvageOptions)MemberwiseClone();
        var faults = new OptionFaults(nameof(SalvageOptions));
        faults.NotNull(nameof(TimeProvider), copy.TimeProvider, "use TimeProvider.System");
        faults.Range(
            nameof(OwnerTimeout),
            copy.OwnerTimeout,
            TimeSpan.Zero,
            TimeSpan.FromDays(1),
            "use TimeSpan.Zero not to wait",
            "no limit");
        faults.ThrowIfAny();
        return copy;
    }
}
