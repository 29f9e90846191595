namespace EmbeddedLog;

/// <summary>Offsets that follow each other.</summary>
/// <param name="First">The first of them.</param>
/// <param name="End">The offset behind the last.</param>
public readonly record struct OffsetRange(long First, long End)
{
    /// <summary>How many there are.</summary>
    public long Count => End - First;
}
