using EmbeddedLog.Format;
using EmbeddedLog.Format.Manifests;

namespace EmbeddedLog.Files.Manifests;

/// <summary>
/// The state after a manifest's records, and the rules that each record must keep. Writes and reads check the same
/// rules, so that no written manifest is refused when it is read.
/// </summary>
internal sealed class ManifestState
{
    /// <summary>The most segments of a partition. It bounds what a reader allocates for a forged manifest.</summary>
    public const int MaxSegments = 1 << 20;

    /// <summary>The live segments begin at <see cref="_start"/>; retention moves that instead of the list.</summary>
    private SegmentEntry[] _entries = [];

    private int _start;
    private int _count;

    /// <summary>The least sequence of a segment that is added, unless a salvage has given it another.</summary>
    private uint _nextInOrder = 1;

    /// <summary>The live segments, oldest first. Each names the one before it as its predecessor.</summary>
    public IReadOnlyList<SegmentEntry> Segments => new ArraySegment<SegmentEntry>(_entries, _start, _count);

    /// <summary>The number of live segments.</summary>
    public int Count => _count;

    /// <summary>The first offset that may be read.</summary>
    public long LogStartOffset { get; private set; }

    /// <summary>Greater than any sequence added so far.</summary>
    public uint NextSequence { get; private set; } = 1;

    private ReadOnlySpan<SegmentEntry> Live => _entries.AsSpan(_start, _count);

    /// <summary>Returns the fault of a record, or null if <see cref="Apply"/> may take it.</summary>
    public string? FindFault(in ManifestRecord record) =>
        record.Kind == ManifestRecordKind.Add ? FindSegmentFault(record.Segment) : FindLogStartFault(record);

    /// <summary>Takes a record without a fault.</summary>
    public void Apply(in ManifestRecord record)
    {
        if (record.Kind == ManifestRecordKind.Add)
        {
            _count = CountKept(record.Segment);
            Append(record.Segment);
            NextSequence = Math.Max(NextSequence, record.Segment.Sequence + 1);
            _nextInOrder = record.Segment.IsSalvaged ? _nextInOrder : record.Segment.Sequence + 1;
        }
        else
        {
            int dropped = CountBelow(record.FirstSequence);
            _start += dropped;
            _count -= dropped;
            LogStartOffset = record.LogStartOffset;
            NextSequence = Math.Max(NextSequence, record.NextSequence);
            _nextInOrder = Math.Max(_nextInOrder, record.NextSequence);
        }
    }

    /// <summary>Drops all segments behind the first <paramref name="count"/>.</summary>
    public void KeepFirst(int count) => _count = Math.Min(_count, count);

    /// <summary>Gives segments other files, with the records that a salvage has kept.</summary>
    /// <param name="sequences">The new sequences by the segments' uids.</param>
    public void ReplaceFiles(IReadOnlyDictionary<ulong, uint> sequences)
    {
        foreach (ref SegmentEntry entry in _entries.AsSpan(_start, _count))
        {
            if (sequences.TryGetValue(entry.Uid, out uint sequence))
            {
                entry = entry with { Sequence = sequence, IsSalvaged = true };
                NextSequence = Math.Max(NextSequence, sequence + 1);
            }
        }
    }

    private string? FindSegmentFault(in SegmentEntry segment)
    {
        if (segment.Uid == 0 || segment.BaseOffset is < 0 or > FormatLimits.MaxOffset || segment.PredecessorEnd < 0
            || segment.Epoch > FormatLimits.MaxEpoch)
        {
            return "its uid is zero, its base offset or epoch is out of range, or its predecessor's end is negative";
        }

        uint least = segment.IsSalvaged ? 1 : _nextInOrder;
        if (segment.Sequence < least || segment.Sequence > FormatLimits.MaxSequence)
        {
            return $"its sequence {segment.Sequence} is not from {least} to {FormatLimits.MaxSequence}";
        }

        ReadOnlySpan<SegmentEntry> live = Live;
        int kept = CountKept(segment);
        if (kept < 0)
        {
            return $"its predecessor {segment.PredecessorUid:x16} is not a live segment";
        }

        if (kept == MaxSegments)
        {
            return $"the partition has {MaxSegments} segments already: use larger segments or a shorter retention";
        }

        if (kept > 0 && (segment.BaseOffset < live[kept - 1].BaseOffset || segment.Epoch < live[kept - 1].Epoch))
        {
            return "its base offset or epoch is below its predecessor's";
        }

        // The superseded segments began at or above its own base, except below the log start, so no offset goes
        // missing.
        return kept < live.Length && segment.BaseOffset > Math.Max(live[kept].BaseOffset, LogStartOffset)
            ? $"it supersedes offset {live[kept].BaseOffset} but begins at {segment.BaseOffset}"
            : null;
    }

    private string? FindLogStartFault(in ManifestRecord record)
    {
        if (record.LogStartOffset < LogStartOffset || record.LogStartOffset > FormatLimits.MaxOffset)
        {
            return $"the log start {record.LogStartOffset} is below {LogStartOffset}, or out of range";
        }

        if (record.NextSequence > FormatLimits.MaxSequence + 1)
        {
            return $"the next sequence {record.NextSequence} is above {FormatLimits.MaxSequence}";
        }

        ReadOnlySpan<SegmentEntry> live = Live;
        if (live.IsEmpty)
        {
            return null;
        }

        int dropped = CountBelow(record.FirstSequence);
        if (dropped == live.Length || live[dropped].Sequence != record.FirstSequence)
        {
            return $"the first segment {record.FirstSequence} is not a live segment";
        }

        return record.LogStartOffset < live[dropped].BaseOffset
            ? $"the log start {record.LogStartOffset} lies before the first segment, at {live[dropped].BaseOffset}"
            : null;
    }

    /// <summary>
    /// The number of segments that stay before a new one: those up to its predecessor. None stay if it has no
    /// predecessor, or has the same one as the first segment, which retention has removed; -1 if its predecessor is
    /// unknown.
    /// </summary>
    private int CountKept(in SegmentEntry segment)
    {
        // Nearly always the last one. All segments that a search passes are removed, so a forged file is not read more
        // slowly.
        ReadOnlySpan<SegmentEntry> live = Live;
        for (int i = live.Length - 1; i >= 0; i--)
        {
            if (live[i].Uid == segment.PredecessorUid)
            {
                return i + 1;
            }
        }

        bool stands = segment.PredecessorUid == 0 || live.IsEmpty || segment.PredecessorUid == live[0].PredecessorUid;
        return stands ? 0 : -1;
    }

    /// <summary>The number of segments before the one with a sequence; of all if there is none.</summary>
    private int CountBelow(uint sequence)
    {
        ReadOnlySpan<SegmentEntry> live = Live;
        int count = 0;
        while (count < live.Length && live[count].Sequence != sequence)
        {
            count++;
        }

        return count;
    }

    private void Append(in SegmentEntry segment)
    {
        if (_start + _count == _entries.Length)
        {
            SegmentEntry[] roomier = _count > _entries.Length / 2 || _entries.Length == 0
                ? new SegmentEntry[Math.Max(4, 2 * _count)]
                : _entries;
            Live.CopyTo(roomier);
            _entries = roomier;
            _start = 0;
        }

        _entries[_start + _count] = segment;
        _count++;
    }
}
