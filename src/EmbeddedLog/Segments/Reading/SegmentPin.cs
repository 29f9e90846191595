namespace EmbeddedLog;

/// <summary>
/// Memory of a segment that readers or leases still hold, so that it cannot be unmapped. If retention or a deletion has
/// removed the segment, its space on the disk is not free before. Made by <see cref="CommitLog.GetPins"/> and
/// <see cref="ReadOnlyLog.GetPins"/>.
/// </summary>
public sealed class SegmentPin
{
    internal SegmentPin(
        TopicPartition partition, long baseOffset, string file, long bytes, int leases, int readers, bool isRemoved,
        DateTimeOffset since)
    {
        Partition = partition;
        BaseOffset = baseOffset;
        File = file;
        Bytes = bytes;
        Leases = leases;
        Readers = readers;
        IsRemoved = isRemoved;
        Since = since;
    }

    /// <summary>The partition that the segment belongs to, or belonged to.</summary>
    public TopicPartition Partition { get; }

    /// <summary>The offset of the segment's first record.</summary>
    public long BaseOffset { get; }

    /// <summary>The full path of the segment's file; a file that was removed has no name any more.</summary>
    public string File { get; }

    /// <summary>How many bytes are mapped: of addresses, not of memory in use.</summary>
    public long Bytes { get; }

    /// <summary>How many <see cref="RecordLease"/>s of the segment's records are not disposed.</summary>
    public int Leases { get; }

    /// <summary>
    /// How many scans, or reads of consumers, began before the memory was to be unmapped and have not ended since. Each
    /// of them may be in another segment, or another partition, by now. Zero if only leases hold the segment.
    /// </summary>
    public int Readers { get; }

    /// <summary>Whether the segment was removed from its partition.</summary>
    public bool IsRemoved { get; }

    /// <summary>
    /// When the memory was to be unmapped, if <see cref="Readers"/> is not zero; otherwise since when there has always
    /// been a lease.
    /// </summary>
    public DateTimeOffset Since { get; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Partition} from offset {BaseOffset}: {Leases} leases, {Readers} readers since {Since:O}"
        + (IsRemoved ? ", removed" : string.Empty);
}
