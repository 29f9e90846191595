using EmbeddedLog.Diagnostics;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Index;

namespace EmbeddedLog.Segments.Reading;

/// <summary>
/// Holds a segment's sparse index while it is needed. The index is derived: it is loaded if its file is good, and made
/// again from the frames if not.
/// </summary>
internal sealed class SegmentIndexHolder
{
    private const long Unknown = long.MaxValue;

    private readonly Segment _segment;
    private readonly SegmentResources _resources;

    /// <summary>
    /// The index, or null. Written by the partition's writer, or by any reader that loads; read by all.
    /// </summary>
    private SegmentIndex? _index;

    /// <summary>
    /// The index up to the first damaged frame of an ended segment whose index had to be made again; or null. It is for
    /// readers alone, and not saved. Written and read by any reader.
    /// </summary>
    private SegmentIndex? _upToDamage;

    /// <summary>Fills the index while the segment is written to. Written by the writer; read by anyone.</summary>
    private SegmentIndexBuilder? _builder;

    /// <summary>
    /// Greatest timestamp of an ended segment, <see cref="Unknown"/> before the first call. Written by any thread,
    /// always with the same value.
    /// </summary>
    private long _maxTimestamp = Unknown;

    public SegmentIndexHolder(Segment segment, SegmentResources resources)
    {
        _segment = segment;
        _resources = resources;
    }

    /// <summary>
    /// The end of the segment's log up to which the stored index is known to be good; zero if unknown. Written by the
    /// thread that has loaded or saved it, read by the one that saves it.
    /// </summary>
    private long _storedEnd;

    /// <summary>One while the index is being saved: by one thread at a time. Exchanged by any.</summary>
    private int _saving;

    /// <summary>Whether the index was made from the frames. Read by the thread that has loaded it.</summary>
    public bool WasRebuilt { get; private set; }

    /// <summary>Whether there is an index in memory.</summary>
    public bool IsLoaded => Volatile.Read(ref _index) is not null;

    /// <summary>Gives the slot the index that the segment's writer fills.</summary>
    public void Set(SegmentIndexBuilder builder)
    {
        // An active segment that was found at the opening: its index may not be dropped any more.
        _resources.Indexes.Dropped(this);
        Volatile.Write(ref _builder, builder);
        Volatile.Write(ref _index, builder.Index);
    }

    /// <summary>Whether the index of an active segment needs room ahead. Called by its writer.</summary>
    public bool IsShortOfRoom(long segmentBytes) =>
        Volatile.Read(ref _builder) is { } builder && builder.Index.IsShortOfRoom(segmentBytes);

    /// <summary>Makes room, off the append path; does nothing if the segment has ended.</summary>
    public void MakeRoom(long segmentBytes) => Volatile.Read(ref _builder)?.Index.MakeRoom(segmentBytes);

    /// <summary>Drops the index of an ended segment.</summary>
    public void Drop()
    {
        Forget();
        _resources.Indexes.Dropped(this);
    }

    /// <summary>The same for an index that does not count any more.</summary>
    public void Forget()
    {
        Volatile.Write(ref _index, null);
        Volatile.Write(ref _builder, null);
        Volatile.Write(ref _upToDamage, null);
    }

    /// <summary>The index, loaded or made again if need be. Inside a slot, or by the segment's writer.</summary>
    /// <exception cref="CorruptLogException">It had to be made again and a frame is damaged.</exception>
    public SegmentIndex Get() => Volatile.Read(ref _index) ?? Load(_segment.EndOffset, _segment.EndPosition);

    /// <summary>
    /// The index for a reader: where it had to be made again and a frame is damaged, that of the frames before it. What
    /// stands behind can be read all the same, frame by frame. Inside a slot.
    /// </summary>
    public SegmentIndex GetReadable()
    {
        if ((Volatile.Read(ref _index) ?? Volatile.Read(ref _upToDamage)) is { } known)
        {
            return known;
        }

        try
        {
            return Get();
        }
        catch (CorruptLogException)
        {
            SegmentIndexBuilder builder = new();
            TryWalk(builder, _segment.EndOffset, _segment.EndPosition, out _, out _);
            Volatile.Write(ref _upToDamage, builder.Index);
            return builder.Index;
        }
    }

    /// <summary>Whether the segment may hold a record at or after a time. Inside a slot.</summary>
    public bool MaxTimestampAtLeast(long timestamp) =>
        _segment.EndOffset == long.MaxValue || LatestTimestamp() >= timestamp;

    /// <summary>
    /// The greatest timestamp of the segment's records as of now; <see cref="long.MinValue"/> if it has none. Inside a
    /// slot.
    /// </summary>
    public long LatestTimestamp()
    {
        if (_segment.EndOffset == long.MaxValue && Volatile.Read(ref _builder) is { } builder)
        {
            return builder.MaxTimestamp;
        }

        long known = Volatile.Read(ref _maxTimestamp);
        if (known != Unknown)
        {
            return known;
        }

        if (_segment.IsEmpty)
        {
            return long.MinValue;
        }

        bool wasLoaded = IsLoaded;
        SegmentIndex index = Get();
        long timestamp = index.Count == 0 ? long.MinValue : index.Entries[^1].MaxTimestampBefore;
        Volatile.Write(ref _maxTimestamp, timestamp);
        if (!wasLoaded && !_segment.IsMapped)
        {
            // Retention calls this for every segment. The indexes of segments without readers must not stay in memory.
            Drop();
        }

        return timestamp;
    }

    /// <summary>
    /// Stores the index of an ended segment beside it, unless it is there already. A failure costs only the time to
    /// make it again.
    /// </summary>
    public void Save()
    {
        long end = _segment.EndPosition;
        if (Volatile.Read(ref _storedEnd) == end)
        {
            return;
        }

        Save(Get(), end);
    }

    /// <summary>
    /// Makes the index of an ended segment again, in memory and beside it, in any case. Inside a slot.
    /// </summary>
    /// <exception cref="CorruptLogException">A frame is damaged.</exception>
    public void MakeAgain()
    {
        Drop();
        Volatile.Write(ref _storedEnd, 0);
        Save(Rebuild(_segment.EndOffset, _segment.EndPosition), _segment.EndPosition);
    }

    /// <summary>Replaces the file without a flush: after a crash it may have to be made again.</summary>
    private void Save(SegmentIndex index, long end)
    {
        if (Interlocked.Exchange(ref _saving, 1) != 0)
        {
            return;
        }

        try
        {
            index.Save(_resources.Platform.Files, _segment.IndexPath, _segment.Entry.Uid, (uint)end);
            Volatile.Write(ref _storedEnd, end);
            if (_segment.IsRemoved)
            {
                // A removal first marks the segment and then deletes its files: this file came too late.
                _resources.Platform.Files.DeleteFile(_segment.IndexPath);
            }
        }
        catch (FileSystemException failure)
        {
            StorageLog.IndexNotSaved(_resources.LoggerUnderLock, failure, _segment.IndexPath);
        }
        finally
        {
            Volatile.Write(ref _saving, 0);
        }
    }

    /// <summary>Loads the index of a segment with the given end, or makes it again. Inside a slot.</summary>
    /// <exception cref="CorruptLogException">It had to be made again and a frame is damaged.</exception>
    public SegmentIndex Load(long endOffset, long endPosition)
    {
        // After a power loss a segment without a record may have no file, and it needs none.
        SegmentIndex? stored = endOffset == _segment.BaseOffset
            ? new SegmentIndex()
            : TryLoad(endOffset, endPosition);
        SegmentIndex index = stored ?? Rebuild(endOffset, endPosition);
        if (stored is null && _segment.IsOwned && endPosition == _segment.EndPosition)
        {
            // Saved, so that it is made once, and not after each opening.
            Save(index, endPosition);
        }

        Volatile.Write(ref _index, index);
        _resources.Indexes.Loaded(this, index.Bytes);
        if (_segment.IsRemoved)
        {
            // A removal first marks the segment and then drops its index: this index came too late.
            Drop();
        }

        return index;
    }

    /// <summary>The stored index, if its last entry is at the segment's end: new entries are added behind it.</summary>
    private SegmentIndex? TryLoad(long endOffset, long endPosition)
    {
        SegmentIndex? stored = SegmentIndex.TryLoad(
            _resources.Platform.Files, _segment.IndexPath, _segment.Entry.Uid, (uint)endPosition);
        bool isWhole = stored is { Count: > 0 } && stored.Entries[^1] is { } last
            && last.RelativeOffset == endOffset - _segment.BaseOffset && last.Position == endPosition;
        if (!isWhole)
        {
            return null;
        }

        Volatile.Write(ref _storedEnd, endPosition);
        return stored;
    }

    private SegmentIndex Rebuild(long endOffset, long endPosition)
    {
        WasRebuilt = true;
        SegmentIndexBuilder builder = new();
        return TryWalk(builder, endOffset, endPosition, out long position, out FrameCheck check)
            ? builder.Index
            : throw SegmentErrors.BadFrame(_segment, position, check);
    }

    /// <summary>Notes all frames; false at the first that is damaged or missing.</summary>
    private unsafe bool TryWalk(
        SegmentIndexBuilder builder, long endOffset, long endPosition, out long position, out FrameCheck check)
    {
        position = SegmentHeader.PageBytes;
        check = FrameCheck.Valid;
        byte* memory = _segment.GetBase();
        if (memory == null || !_segment.TryExtend(endPosition, ref memory, out long readable))
        {
            return true;
        }

        _segment.MakeTouchable(0, endPosition, readable);
        FrameWalker walker = new(memory, _segment.CrcSeed, SegmentHeader.PageBytes, endPosition);
        long next = _segment.BaseOffset;
        while (walker.MoveNext()
            && FrameExtent.TryRead(walker.Frame, walker.Length, _segment.BaseOffset, out var extent)
            && extent.FirstOffset == next)
        {
            if (extent.HasOffsets)
            {
                builder.Note((uint)(extent.FirstOffset - _segment.BaseOffset), walker.Position, extent.MaxTimestamp);
            }

            next = extent.NextOffset;
        }

        position = walker.Position;
        check = walker.Check;
        if (position < endPosition || next != endOffset)
        {
            return false;
        }

        builder.Finish((uint)(endOffset - _segment.BaseOffset), endPosition);
        return true;
    }
}
