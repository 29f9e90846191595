namespace EmbeddedLog.Segments.Preparing;

/// <summary>
/// The rate of appends to a partition, and the size of its flushes. All members are used under the append lock.
/// </summary>
internal sealed class AppendPace
{
    /// <summary>Appends of so many bytes without a flush are a bulk.</summary>
    private const long BulkBytes = 2 << 20;

    /// <summary>A flush of fewer bytes ends a bulk.</summary>
    private const long SmallFlushBytes = 256 << 10;

    private long _lookedAt;
    private long _lookedTail;

    /// <summary>The bytes appended since the end of the last flush, as of the last look.</summary>
    private long _sinceFlush;

    /// <summary>Bytes a second, between the last two looks.</summary>
    public double BytesPerSecond { get; private set; }

    /// <summary>
    /// Whether so much is appended between two flushes that a few more megabytes in one do not matter.
    /// </summary>
    public bool IsBulk { get; private set; }

    /// <summary>Continues at the beginning of another segment.</summary>
    public void Begin(long tail) => _lookedTail = tail;

    /// <summary>Measures the rate up to the present tail.</summary>
    public void Look(long tail, TimeProvider time)
    {
        long now = time.GetTimestamp();
        double seconds = Math.Max(time.GetElapsedTime(_lookedAt, now).TotalSeconds, 1e-6);
        long bytes = tail - _lookedTail;
        BytesPerSecond = bytes / seconds;
        _lookedAt = now;
        _lookedTail = tail;
        _sinceFlush += bytes;
        IsBulk |= _sinceFlush >= BulkBytes;
    }

    /// <summary>Notes that a flush has put so many bytes on the disk.</summary>
    public void NoteFlush(long bytes)
    {
        _sinceFlush = 0;
        IsBulk &= bytes >= SmallFlushBytes;
    }
}
