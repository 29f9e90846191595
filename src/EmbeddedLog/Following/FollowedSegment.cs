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
/// <param name="entry">What the manifest says.</param>
/// <param name="mapAhead">How large the file may get; more is found out when it is needed.</param>
internal sealed unsafe class FollowedSegment(
    SegmentResources resources, TopicPartition partition, string directory, in SegmentEntry entry, long mapAhead)
    : Segment(resources, partition, directory, entry)
{
    /// <summary>How much is made present at once where the owner is writing.</summary>
    private const long TailStepBytes = 128 << 10;

    /// <summary>The end of what was made present since the tail was let go of last. Under the gate.</summary>
    private long _preparedEnd;

    /// <summary>
    /// The index until the segment has ended. Set by the first reader that asks, to null by who drops the index.
    /// </summary>
    private GrowingIndex? _growing;

    /// <inheritdoc/>
    public override bool IsOwned => false;

    /// <summary>
    /// Finds out how far the file has grown, where a position beyond what is known of it is wanted, and maps it anew
    /// where it has outgrown its map. Inside a slot.
    /// </summary>
    /// <param name="end">The position behind the last byte that is wanted.</param>
    /// <param name="memory">The first byte as the caller knows it; moved where the map is another one.</param>
    /// <returns>False where the file, or the segment, is gone.</returns>
    public override bool TryExtend(long end, ref byte* memory)
    {
        // For one that stays inside for long.
        RecentlyUsed = true;
        while (true)
        {
            byte* present = GetBase();
            if (present == null)
            {
                return false;
            }

            memory = present;
            if (end <= ReadableBytes)
            {
                return true;
            }

            lock (Gate)
            {
                AssertInvariants();
                if (MapUnsynchronized is not null)
                {
                    bool found = TryMapUnsynchronized();
                    memory = MapUnsynchronized.Pointer;
                    return found;
                }
            }

            // It was closed to make room for another one since.
        }
    }

    /// <summary>
    /// Lets go of the pages where the owner is writing. As long as somebody else has them mapped it cannot drop huge
    /// pages after a bulk, and would write 2 MiB to the device for each small flush.
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
            return Index.Get();
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
    /// Maps the file as long as it is or may get, unless the map that there is will do. What was mapped before stays
    /// for whoever is inside.
    /// </summary>
    /// <returns>False where the file is gone.</returns>
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

            // Above the greatest size nothing is ever looked at: what is mapped is bounded, whatever the file says.
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
    /// Makes pages present that the owner may store to at any time: a little at once, and for no longer than somebody
    /// reads, see <see cref="LetGoOfTail"/>.
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
