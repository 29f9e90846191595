using System.Runtime.CompilerServices;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;

namespace EmbeddedLog.Segments.Index;

/// <summary>
/// A sparse index of one segment, by offset and by time, for the beginning of a scan. It is derived from the segment
/// and never evidence about it: without an index, or with fewer entries, a scan finds the same records, only later.
/// </summary>
/// <remarks>
/// One writer at a time, under the partition's lock, calls <see cref="Add"/>; any thread searches without a lock. The
/// writer fills the entry, publishes the array if it is a new one, then publishes the count, each with release. A
/// reader takes the count first and the array second, each with acquire, so its array is the one of that count or a
/// later one, which begins with the same entries. Published entries never change.
/// </remarks>
internal sealed class SegmentIndex
{
    private const int InitialCapacity = 16;

    /// <summary>The size of this object, its array's header, and an entry of a list and of a dictionary.</summary>
    private const int OwnBytes = 200;

    /// <summary>Room that is made ahead lasts for a few megabytes at least.</summary>
    private const int MinRoomAhead = 1024;

    /// <summary>
    /// Written by the writer only, with release, before <see cref="_count"/>; read by anyone, after it.
    /// </summary>
    private IndexEntry[] _entries;

    /// <summary>Written by the writer only, with release, last; read by anyone, first.</summary>
    private int _count;

    /// <summary>
    /// The array for when this one is full, made ahead, off the writer's path. Stored by any thread, taken by the
    /// writer.
    /// </summary>
    private IndexEntry[]? _next;

    /// <summary>An empty index without allocations.</summary>
    public SegmentIndex()
        : this([], 0)
    {
    }

    /// <summary>An index of the first <paramref name="count"/> entries, which ascend.</summary>
    public SegmentIndex(IndexEntry[] entries, int count)
    {
        _entries = entries;
        _count = count;
    }

    /// <summary>An empty index with room for as many entries as a segment may need.</summary>
    public static SegmentIndex WithRoomFor(long segmentBytes) => new(Allocate(RoomFor(segmentBytes)), 0);

    /// <summary>The number of entries.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The memory of the index, with its entry in <c>LoadedIndexes</c>.</summary>
    public long Bytes => OwnBytes + ((long)Unsafe.SizeOf<IndexEntry>() * Volatile.Read(ref _entries).Length);

    /// <summary>The entries as of now.</summary>
    public ReadOnlySpan<IndexEntry> Entries
    {
        get
        {
            int count = Volatile.Read(ref _count);
            return Volatile.Read(ref _entries).AsSpan(0, count);
        }
    }

    /// <summary>
    /// Whether an entry may follow another: later in the file and in the log, and no earlier in time.
    /// </summary>
    public static bool Ascends(in IndexEntry previous, in IndexEntry next) =>
        next.RelativeOffset > previous.RelativeOffset
        && next.Position > previous.Position
        && next.MaxTimestampBefore >= previous.MaxTimestampBefore;

    /// <summary>Adds the frame at <paramref name="position"/>. One writer at a time.</summary>
    /// <param name="relativeOffset">The frame's first offset less the segment's base offset.</param>
    /// <param name="position">Where the frame begins in the segment's file.</param>
    /// <param name="maxTimestampBefore">
    /// The greatest timestamp of all records before the frame, in Unix milliseconds; <see cref="long.MinValue"/> for
    /// none.
    /// </param>
    /// <exception cref="ArgumentException">The entry does not ascend.</exception>
    public void Add(uint relativeOffset, uint position, long maxTimestampBefore)
    {
        IndexEntry[] entries = _entries;
        int count = _count;
        IndexEntry entry = new(relativeOffset, position, maxTimestampBefore);
        if (position < SegmentHeader.PageBytes || (count > 0 && !Ascends(entries[count - 1], entry)))
        {
            throw new ArgumentException($"The entry {entry} lies in the header, or does not follow the last one.");
        }

        if (count == entries.Length)
        {
            // Readers may go on using the old array; its entries stay valid.
            IndexEntry[]? ahead = Interlocked.Exchange(ref _next, null);
            IndexEntry[] larger = ahead?.Length > count ? ahead : Allocate(Math.Max(InitialCapacity, 2 * count));
            entries.AsSpan(0, count).CopyTo(larger);
            larger[count] = entry;
            Volatile.Write(ref _entries, larger);
        }
        else
        {
            entries[count] = entry;
        }

        Volatile.Write(ref _count, count + 1);
    }

    /// <summary>Whether <see cref="MakeRoom"/> would make any.</summary>
    public bool IsShortOfRoom(long segmentBytes)
    {
        int room = Volatile.Read(ref _entries).Length;
        return Count >= room / 2 && room < RoomFor(segmentBytes) && Volatile.Read(ref _next) is null;
    }

    /// <summary>
    /// Makes room for many more entries, up to the need of a segment, if little is left. Called by any thread but the
    /// writer, which takes the room later.
    /// </summary>
    public void MakeRoom(long segmentBytes)
    {
        if (IsShortOfRoom(segmentBytes))
        {
            int room = Volatile.Read(ref _entries).Length;
            Volatile.Write(ref _next, Allocate(Math.Min(RoomFor(segmentBytes), Math.Max(MinRoomAhead, 4 * room))));
        }
    }

    /// <summary>
    /// The position from which to scan for an offset: that of the last entry at or below it, or of the first frame.
    /// </summary>
    public uint FindPosition(uint relativeOffset) => FindLast(new AtOrBelow(relativeOffset)).Position;

    /// <summary>
    /// The position from which to scan for the first record at or after a time, in Unix milliseconds: that of the last
    /// entry before which all records are earlier, or of the first frame.
    /// </summary>
    public uint FindPositionByTimestamp(long timestamp) => FindByTimestamp(timestamp).Position;

    /// <summary>The same place as position and as offset: an entry, or the segment's beginning.</summary>
    public IndexEntry FindByTimestamp(long timestamp) => FindLast(new AllBefore(timestamp));

    /// <summary>Writes the index next to its segment, see <see cref="SegmentIndexFile.Save"/>.</summary>
    public void Save(FileSystem files, string path, ulong segmentUid, uint endPosition) =>
        SegmentIndexFile.Save(files, path, this, segmentUid, endPosition);

    /// <summary>Reads an index back, see <see cref="SegmentIndexFile.TryLoad"/>.</summary>
    public static SegmentIndex? TryLoad(FileSystem files, string path, ulong segmentUid, uint endPosition) =>
        SegmentIndexFile.TryLoad(files, path, segmentUid, endPosition);

    /// <summary>One for each interval, and the one at the end.</summary>
    private static int RoomFor(long segmentBytes) => (int)(segmentBytes / SegmentIndexBuilder.IntervalBytes) + 1;

    /// <summary>Entries behind the count are never read.</summary>
    private static IndexEntry[] Allocate(int entries) => GC.AllocateUninitializedArray<IndexEntry>(entries);

    private IndexEntry FindLast<TProbe>(TProbe probe)
        where TProbe : struct, IComparable<IndexEntry>
    {
        ReadOnlySpan<IndexEntry> entries = Entries;

        // No entry equals a probe, so the search ends at the complement of the first one above it.
        int above = ~entries.BinarySearch(probe);
        return above == 0 ? new IndexEntry(0, SegmentHeader.PageBytes, long.MinValue) : entries[above - 1];
    }

    /// <summary>Sorts behind all entries at or below an offset, before all others.</summary>
    private readonly struct AtOrBelow(uint relativeOffset) : IComparable<IndexEntry>
    {
        public int CompareTo(IndexEntry other) => other.RelativeOffset <= relativeOffset ? 1 : -1;
    }

    /// <summary>Sorts behind all entries before which every record is earlier than a time, before all others.</summary>
    private readonly struct AllBefore(long timestamp) : IComparable<IndexEntry>
    {
        public int CompareTo(IndexEntry other) => other.MaxTimestampBefore < timestamp ? 1 : -1;
    }
}
