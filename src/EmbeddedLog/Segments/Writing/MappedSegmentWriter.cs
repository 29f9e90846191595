using System.Numerics;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Segments.Writing;

/// <summary>
/// Builds frames in place, in a map over blocks that were reserved before. A store never reaches a page without a
/// block: that would end the process, not only the append.
/// </summary>
internal sealed unsafe class MappedSegmentWriter : SegmentWriter
{
    /// <summary>The first reservation, which is the cost of an idle partition.</summary>
    public const int FirstChunkBytes = 64 << 10;

    /// <summary>The unit of large pages.</summary>
    public const int LargePageBytes = MappedMemory.LargePageBytes;

    /// <summary>The first reservation for a bulk.</summary>
    public const int FirstBulkBytes = 2 * LargePageBytes;

    private const int MaxChunkBytes = 4 << 20;

    /// <summary>
    /// The size of a page: 4, 16 or 64 KiB. The file grows by whole pages, so that no store is beyond its end.
    /// </summary>
    private static readonly int s_pageBytes = Environment.SystemPageSize;

    private readonly MappedMemory _map;
    private readonly byte* _base;

    /// <summary>
    /// Held for a reservation, so that there are never two at once: a failed one sets the file back to its old size,
    /// which must not cut off what another one has added meanwhile.
    /// </summary>
    private readonly Lock _allocating = new();

    /// <summary>
    /// The blocks up to here are reserved. Grows under <see cref="_allocating"/>; read by every append.
    /// </summary>
    private long _allocated;

    /// <summary>Under <see cref="_allocating"/>.</summary>
    private long _nextChunkBytes = FirstChunkBytes;

    /// <summary>Held while pages are prepared or taken back, by the preparer or the flusher, never by an
    /// append.</summary>
    private readonly Lock _preparing = new();

    /// <summary>Whether the map prefers large pages. Under <see cref="_preparing"/>; read by anyone.</summary>
    private bool _prefersLargePages;

    /// <summary>
    /// How many flushes have found large pages to take back, since they came. Under <see cref="_preparing"/>.
    /// </summary>
    private uint _shrinkRequests;

    /// <summary>Decides which page is entered ahead. Under the append lock.</summary>
    private NextPage _nextPage = new(s_pageBytes);

    public MappedSegmentWriter(
        Segment segment,
        LogFile file,
        MappedMemory map,
        long allocated,
        long capacity,
        long tail,
        bool prefersLargePages = false)
        : base(segment, file, capacity, tail)
    {
        _map = map;
        _base = map.Pointer;
        _allocated = allocated;
        _prefersLargePages = prefersLargePages;
        PreparedEnd = prefersLargePages ? allocated : 0;
        segment.SetReadable(allocated);
        segment.Attach(map, presentFrom: tail);
    }

    /// <summary>The pages up to here are ready to be stored to, or about to be. Under the append lock.</summary>
    public long PreparedEnd { get; set; }

    /// <summary>Whether pages around the tail may be large ones.</summary>
    public bool HasLargePages => Volatile.Read(ref _prefersLargePages);

    /// <summary>The end of the large page that holds a position.</summary>
    public static long LargePagesUpTo(long position) => (position + LargePageBytes - 1) & -LargePageBytes;

    /// <inheritdoc/>
    public override byte* Begin(int paddedLength)
    {
        // The block of a seal that may follow is reserved too, so that ending a segment cannot fail on a full disk.
        long end = Tail + paddedLength + FrameLayout.SealBytes;
        if (end > Volatile.Read(ref _allocated))
        {
            Allocate(end);
        }

        return _base + Tail;
    }

    /// <inheritdoc/>
    public override byte* BeginSeal()
    {
        // It is reserved already, except for a reopened segment that ends without an append.
        if (Tail + FrameLayout.SealBytes > Volatile.Read(ref _allocated))
        {
            Allocate(Tail + FrameLayout.SealBytes);
        }

        return _base + Tail;
    }

    /// <inheritdoc/>
    public override void EnterNextPage()
    {
        if (_nextPage.TryEnter(Tail, PreparedEnd, Volatile.Read(ref _allocated), out long page))
        {
            // The bytes behind the tail have no meaning, so storing a zero there changes nothing.
            *(ulong*)(_base + page) = 0;
        }
    }

    /// <inheritdoc/>
    public override void WriteHeader(in SegmentHeader header) =>
        header.Write(new Span<byte>(_base, SegmentHeader.PageBytes));

    /// <summary>
    /// Makes a range within the capacity ready to be stored to, off the append path: its blocks, and if pages may be
    /// large its pages too. Small pages are not worth it, because a flush would soon write-protect them.
    /// </summary>
    /// <exception cref="FileSystemException">There is no space; nothing has changed.</exception>
    public void Prepare(LogFile file, long from, long to, bool large)
    {
        lock (_preparing)
        {
            if (large && !_prefersLargePages)
            {
                _map.PreferLargePages(true);
                _shrinkRequests = 0;
                Volatile.Write(ref _prefersLargePages, true);
            }

            // The blocks first: no page may be touched before, and a large page needs a file that covers it.
            AllocateAhead(file, to);
            if (large)
            {
                long start = from & -s_pageBytes;
                _map.TryPrepareForWrite(start, to - start);
            }
        }
    }

    /// <summary>Makes a flush of many small pages cheaper; inside a slot.</summary>
    public void ForgetTouches(long from, long to) => _map.ForgetTouches(from, to - from);

    /// <summary>
    /// Goes back to small pages when everything below a tail has just been flushed: a flush would write a whole large
    /// page for each record in it. An append in between keeps its page in memory, and then it takes another try.
    /// </summary>
    /// <exception cref="FileSystemException">What was just flushed cannot be read.</exception>
    public void ShrinkPages(LogFile file, long tail)
    {
        lock (_preparing)
        {
            // With growing pauses, because each try disturbs threads that append without a pause.
            if (!_prefersLargePages || !BitOperations.IsPow2(++_shrinkRequests))
            {
                return;
            }

            long start = tail & -LargePageBytes;
            _map.PreferLargePages(false);
            if (!file.TryDropPages(_map, start, Capacity - start))
            {
                return;
            }

            Volatile.Write(ref _prefersLargePages, false);
            if (!_map.TryPrepareForRead(start, tail - start))
            {
                throw new FileSystemException(
                    "read", file.Path, FileSystemError.DeviceFailure, 0, "what was just flushed cannot be read");
            }
        }
    }

    /// <inheritdoc/>
    protected override void Publish(int length)
    {
        // A segment that was once written positionally may hold the rest of a failed write behind its tail. So the next
        // length is made zero before this frame is published. Only behind a seal there may be no room.
        byte* frame = _base + Tail;
        int padded = FrameLayout.Padded(length);
        if (Tail + padded < Volatile.Read(ref _allocated))
        {
            *(ulong*)(frame + padded) = 0;
        }

        FrameHeader.WriteLengthRelease(frame, (uint)length);
    }

    private void AllocateAhead(LogFile file, long end)
    {
        lock (_allocating)
        {
            if (end > _allocated)
            {
                file.Allocate(_allocated, end - _allocated);
                NoteAllocated(end);
            }
        }
    }

    private void Allocate(long end)
    {
        LogFile file = File.TryUse() ?? throw new ObjectDisposedException(Segment.Path);
        try
        {
            lock (_allocating)
            {
                if (end > _allocated)
                {
                    AllocateUnsynchronized(file, end);
                }
            }
        }
        finally
        {
            File.Release();
        }
    }

    private void AllocateUnsynchronized(LogFile file, long end)
    {
        long wanted = Math.Min(Capacity, Math.Max(end, _allocated + _nextChunkBytes));
        int unit = HasLargePages ? LargePageBytes : s_pageBytes;
        wanted = Math.Min(Capacity, (wanted + unit - 1) & -unit);
        try
        {
            file.Allocate(_allocated, wanted - _allocated);
            _nextChunkBytes = Math.Min(MaxChunkBytes, 2 * _nextChunkBytes);
        }
        catch (FileSystemException full)
            when (full.Error is FileSystemError.NoSpace or FileSystemError.QuotaExceeded)
        {
            // The remaining space may be enough for this append. If not, this throws and nothing has changed.
            wanted = Math.Min(Capacity, (end + s_pageBytes - 1) & -s_pageBytes);
            file.Allocate(_allocated, wanted - _allocated);
            _nextChunkBytes = FirstChunkBytes;
        }

        NoteAllocated(wanted);
    }

    private void NoteAllocated(long end)
    {
        Segment.SetReadable(end);
        Volatile.Write(ref _allocated, end);
    }
}
