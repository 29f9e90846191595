using EmbeddedLog.Format;
using EmbeddedLog.Format.Manifests;


namespace EmbeddedLog.Files.Manifests;

/// <summary>
/// What a manifest's records add up to, and the rules that each must keep. The same rules stand before every write and
/// behind every read, so that no manifest can be written which is refused when it is read.
/// </summary>
internal sealed class ManifestState
{
    /// <summary>The most segments of a partition. Bounds what a forged manifest can make a reader allocate.</summary>
    public const int MaxSegments = 1 << 20;

    /// <summary>
    /// The live segments stand from <see cref="_start"/> on; retention moves that instead of all the rest.
    /// </summary>
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

    /// <summary>Says what is wrong with a record, or null when <see cref="Apply"/> may take it.</summary>
    public string? FindFault(in ManifestRecord record) =>
        record.Kind == ManifestRecordKind.Add ? FindSegmentFault(record.Segment) : FindLogStartFault(record);

    /// <summary>Takes a record that <see cref="FindFault"/> has nothing against.</summary>
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

    /// <summary>Gives segments other files, which hold what a salvage has kept of them.</summary>
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
            return "its uid is zero, its base offset or epoch none that there is, or its predecessor's end negative";
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

        // What it supersedes began at or above its own base, except below the log start: so no offset goes missing.
        return kept < live.Length && segment.BaseOffset > Math.Max(live[kept].BaseOffset, LogStartOffset)
            ? $"it supersedes offset {live[kept].BaseOffset} but begins at {segment.BaseOffset}"
            : null;
    }

    private string? FindLogStartFault(in ManifestRecord record)
    {
        if (record.LogStartOffset < LogStartOffset || record.LogStartOffset > FormatLimits.MaxOffset)
        {
            return $"the log start {record.LogStartOffset} is below {LogStartOffset}, or none that there is";
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
            return $"the first segment {record.FirstSequence} is not a live one";
        }

        return record.LogStartOffset < live[dropped].BaseOffset
            ? $"the log start {record.LogStartOffset} lies before the first segment, at {live[dropped].BaseOffset}"
            : null;
    }

    /// <summary>
    /// The number of segments that stay before a new one: those up to its predecessor. None stay when it has no
    /// predecessor, or shares that of the first, which retention has removed; -1 when its predecessor is unknown.
    /// </summary>
    private int CountKept(in SegmentEntry segment)
    {
        // Nearly always the last one; and all that a search passes over is removed, so a forged file is read no slower.
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

    /// <summary>The number of segments before the one of a sequence; of all where there is none.</summary>
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
