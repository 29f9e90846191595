namespace EmbeddedLog;

/// <summary>Consecutive offsets.</summary>
/// <param name="First">The first offset.</param>
/// <param name="End">The offset behind the last.</param>
public readonly record struct OffsetRange(long First, long End)
{
    /// <summary>How many there are.</summary>
    public long Count => End - First;
}
