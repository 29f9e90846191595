using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>Options of <see cref="CommitLog.VerifyAsync"/>. Checked and copied when passed in.</summary>
public sealed class VerifyOptions
{
    /// <summary>The smallest bound on the rate.</summary>
    internal const long MinRate = 64 << 10;

    /// <summary>The greatest bound on the rate.</summary>
    internal const long MaxRate = 1L << 40;

    /// <summary>
    /// Whether segments are read from the device, past the page cache, up to the durable end: the cache may be good
    /// though the device is not. Only on Linux, on file systems with direct reads (ext4, xfs and others, not tmpfs).
    /// The small files are always read through the cache. Default: false.
    /// </summary>
    public bool BypassPageCache { get; set; }

    /// <summary>
    /// How many bytes of segments are read in a second at most, 64 KiB (65,536) to 1 TiB (1,099,511,627,776). Default:
    /// null, as fast as it goes.
    /// </summary>
    public long? MaxBytesPerSecond { get; set; }

    /// <summary>A copy that is known to be valid.</summary>
    /// <exception cref="ArgumentException">Something is out of bounds.</exception>
    internal VerifyOptions ValidatedCopy()
    {
        var copy = (VerifyOptions)MemberwiseClone();
        var faults = new OptionFaults(nameof(VerifyOptions));
        faults.Range(
            nameof(MaxBytesPerSecond),
            copy.MaxBytesPerSecond ?? MinRate,
            MinRate,
            MaxRate,
            "bytes",
            "use null for no limit");
        faults.ThrowIfAny();
        return copy;
    }
}
