using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Index;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Following;

/// <summary>
/// A segment whose files another process owns: until it has ended, its file may grow beyond its map at any time, and
/// pages near its end may be stored to while they are read.
/// </summary>
/// <param name="resources">What all segments share.</param>
/// <param name="partition">The partition.</param>
/// <param name="directory">The partition's directory.</param>
/// <param name="entry">Its entry in the manifest.</param>
/// <param name="mapAhead">How large the file may get; more
/// is mapped when it is needed.</param>
internal sealed unsafe class FollowedSegment(
    SegmentResources resources, TopicPartition partition, string directory, in SegmentEntry entry, long mapAhead)
    : Segment(resources, partition, directory, entry)
{
    /// <summary>How much is made present at once near the owner's tail.</summary>
    private const long TailStepBytes = 128 << 10;

    /// <summary>The end of the pages that were made present since the tail was dropped last. Under the gate.</summary>
    private long _preparedEnd;

    /// <summary>
    /// The index until the segment has ended. Set by the first reader that needs it; null after it is dropped.
    /// </summary>
    private GrowingIndex? _growing;

    /// <inheritdoc/>
    public override bool IsOwned => false;

    /// <summary>
    /// Finds the file's present length, to reach a position beyond the known one, and maps the file anew if it has
    /// outgrown its map. Inside a slot.
    /// </summary>
    /// <param name="end">The position behind the last needed byte.</param>
    /// <param name="memory">The caller's first byte; changed if the map was replaced.</param>
    /// <param name="readable">How many bytes of that memory are safe to read.</param>
    /// <returns>False if the file, or the segment, is gone.</returns>
    public override bool TryExtend(long end, ref byte* memory, out long readable)
    {
        // For a reader that stays inside for long.
        RecentlyUsed = true;
        while (true)
        {
            // Before the memory: a longer map is given out before it is told how long it is, and the memory that a
            // reader gets after the length has it.
            readable = ReadableBytes;
            byte* present = GetBase();
            if (present == null)
            {
                return false;
            }

            memory = present;
            if (end <= readable)
            {
                return true;
            }

            if (readable < ReadableBytes)
            {
                // It was mapped just now.
                continue;
            }

            lock (Gate)
            {
                AssertInvariants();
                if (MapUnsynchronized is not null)
                {
                    bool found = TryMapUnsynchronized();
                    memory = MapUnsynchronized.Pointer;
                    readable = ReadableBytes;
                    return found;
                }
            }

            // It was closed since, to make room for another one.
        }
    }

    /// <summary>
    /// Drops the pages near the owner's tail. As long as another process maps them, the owner cannot drop huge pages
    /// after a bulk, and would write 2 MiB to the device for each small flush.
    /// </summary>
    public override void LetGoOfTail()
    {
        lock (Gate)
        {
            AssertInvariants();
            if (MapUnsynchronized is { } map && _preparedEnd > 0)
            {
                long start = (_preparedEnd - 1) & -MappedMemory.LargePageBytes;
                map.LetGo(start, map.Length - start);
            }

            _preparedEnd = 0;
        }
    }

    /// <summary>
    /// The index, as far as it helps to find an offset: until the segment has ended it is made here, frame by frame.
    /// Inside a slot.
    /// </summary>
    public override SegmentIndex GetIndexUpTo(long offset)
    {
        if (EndOffset != long.MaxValue)
        {
            return Index.GetReadable();
        }

        GrowingIndex? growing = Volatile.Read(ref _growing);
        if (growing is null)
        {
            GrowingIndex made = new(this);
            growing = Interlocked.CompareExchange(ref _growing, made, null) ?? made;
        }

        return growing.GetUpTo(offset);
    }

    /// <inheritdoc/>
    public override void DropIndex()
    {
        Volatile.Write(ref _growing, null);
        base.DropIndex();
    }

    /// <inheritdoc/>
    protected override long MakePresent(ulong[] present, long position, long end, long readable) =>
        EndOffset == long.MaxValue
            ? PrepareTail(position, Math.Min(readable, Math.Max(end, position + TailStepBytes)))
            : MakeChunksPresent(present, position, end, readable, mayGrow: true);

    /// <summary>
    /// Maps the file with its present or possible length, unless the present map is enough. The old map stays for
    /// readers inside.
    /// </summary>
    /// <returns>False if the file is gone.</returns>
    protected override bool TryMapUnsynchronized()
    {
        MappedMemory? map = MapUnsynchronized;
        try
        {
            using LogFile file = Files.OpenFile(Path, FileOpening.ReadShared);
            if (map is null)
            {
                long end = EndPosition;
                SegmentOpening.Check(file, this, end == long.MaxValue ? SegmentHeader.PageBytes : end);
            }

            // Nothing above the greatest size is ever read, so the map is bounded, whatever the file says.
            long length = Math.Min(file.Length, FormatLimits.MaxSegmentBytes);
            if (map is null || map.Length < length)
            {
                map = file.Map(Math.Max(length, mapAhead), writable: false);
                UseMapUnsynchronized(map);
            }

            // The file never shrinks.
            SetReadable(Math.Min(length, map.Length));
            return true;
        }
        catch (FileSystemException failure) when (failure.Error == FileSystemError.NotFound)
        {
            return false;
        }
        catch (FileSystemException failure)
        {
            throw FileErrors.Translate(failure, Partition);
        }
    }

    /// <summary>
    /// Makes pages present that the owner may store to at any time: a few at once, and only while a reader reads, see
    /// <see cref="LetGoOfTail"/>.
    /// </summary>
    private long PrepareTail(long position, long end)
    {
        lock (Gate)
        {
            AssertInvariants();
            if (MapUnsynchronized is { } map && !map.TryPrepareForRead(position, end - position))
            {
                throw SegmentErrors.Unreadable(Partition, Path, position);
            }

            _preparedEnd = Math.Max(_preparedEnd, end);
            return end;
        }
    }
}
