namespace EmbeddedLog.Hosting;

/// <summary>What the health checks of a log look at.</summary>
public sealed class LogHealthOptions
{
    /// <summary>
    /// How many bytes must be free on the volume of the log for it to be ready, from 0. Default: 256 MiB (268,435,456).
    /// </summary>
    public long MinFreeBytes { get; set; } = 256L << 20;
}
