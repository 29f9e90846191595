using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Segments.Writing;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Segments.Preparing;

/// <summary>
/// Works ahead of a partition's writer: requests pages that are ready to be stored to, makes the next segment's file,
/// and finishes segments that have ended. This is only for speed: an append does by itself what is not ready in time.
/// </summary>
/// <remarks>
/// The rate of appends decides how far ahead it works. A slow writer gets nothing: every prepared page is dirty, and
/// the next flush would have to write it. A writer with flushes of megabytes gets large pages, which cost a fraction of
/// small ones. They are taken back when a flush takes little.
/// </remarks>
internal sealed class SegmentPreparer
{
    /// <summary>The appended bytes between two measurements of the writer's pace.</summary>
    private const long LookBytes = 64 << 10;

    /// <summary>The slowest pace that is worth preparing for, in bytes a second.</summary>
    private const double MinBytesPerSecond = 4 << 20;

    /// <summary>How much time the prepared pages should cover.</summary>
    private const double AheadSeconds = 0.010;

    private const long MinAheadBytes = 256 << 10;
    private const long MaxAheadBytes = 8 << 20;

    private readonly Platform _platform;
    private readonly PartitionIdentity _identity;
    private readonly OpenSegments _open;
    private readonly ISpareTaker _taker;
    private readonly ILogger _logger;
    private readonly SerialWorker _worker;
    private readonly Lock _gate = new();

    /// <summary>Segments that have ended and are flushed, to be finished. Under the gate.</summary>
    private readonly Queue<Segment> _finished = new();

    /// <summary>The shape of the next file; null if none is wanted. Under the gate.</summary>
    private SegmentShape? _spareWanted;

    /// <summary>Whether the next file is for bulk appends. Under the gate.</summary>
    private bool _spareForBulk;

    /// <summary>The next segment's file. Under the append lock.</summary>
    private SpareSegment? _spare;

    /// <summary>Whether a spare was requested for this segment. Under the append lock.</summary>
    private bool _spareRequested;

    /// <summary>The greatest sequence number in use. Under no lock: taken by increments.</summary>
    private long _lastSequence;

    /// <summary>How fast the writer is. Under the append lock.</summary>
    private readonly AppendPace _pace = new();

    /// <param name="platform">The seam to the system.</param>
    /// <param name="identity">The partition.</param>
    /// <param name="factory">Makes the segments.</param>
    /// <param name="pages">Makes their pages ready.</param>
    /// <param name="open">Bounds the segments that stay mapped once they have ended.</param>
    /// <param name="taker">Takes files that were made ahead.</param>
    /// <param name="logger">Logs failures.</param>
    /// <param name="nextSequence">A number greater than that of any segment file in the directory.</param>
    public SegmentPreparer(
        Platform platform,
        PartitionIdentity identity,
        SegmentFactory factory,
        PagePreparer pages,
        OpenSegments open,
        ISpareTaker taker,
        ILogger logger,
        uint nextSequence)
    {
        _platform = platform;
        _identity = identity;
        _open = open;
        _taker = taker;
        _logger = logger;
        _worker = new SerialWorker(platform.Work, Prepare);
        _lastSequence = nextSequence - 1;
        Factory = factory;
        Pages = pages;
    }

    /// <summary>Makes the segments.</summary>
    public SegmentFactory Factory { get; }

    /// <summary>Makes their pages ready.</summary>
    public PagePreparer Pages { get; }

    /// <summary>The tail at which the writer calls <see cref="LookUnsynchronized"/>. Under the append lock.</summary>
    public long NextLook { get; private set; }

    /// <summary>The next segment's file, made now if none is ready. The preparer owns it until it is used.</summary>
    /// <exception cref="FileSystemException">It cannot be made.</exception>
    public SpareSegment TakeSpareUnsynchronized(SegmentShape shape)
    {
        if (_spare is { } ready && (ready.Capacity != shape.Bytes || ready.Positional != shape.Positional))
        {
            _spare = null;
            Factory.Discard(ready);
        }

        return _spare ??= CreateSpare(shape, _pace.IsBulk);
    }

    /// <summary>Notes that the spare has become a segment.</summary>
    public void SpareIsUsedUnsynchronized() => _spare = null;

    /// <summary>Keeps a spare that was made ahead; false if there is one already.</summary>
    public bool TryKeepUnsynchronized(SpareSegment spare)
    {
        if (_spare is not null)
        {
            return false;
        }

        _spare = spare;
        return true;
    }

    /// <summary>Begins to follow a writer.</summary>
    public void BeginUnsynchronized(SegmentWriter writer)
    {
        _pace.Begin(writer.Tail);
        NextLook = writer.Tail + LookBytes;
        _spareRequested = false;
    }

    /// <summary>Notes the bytes of a flush; true if the writer should go back to small pages.</summary>
    public bool NoteFlushUnsynchronized(long bytes, SegmentWriter? writer)
    {
        _pace.NoteFlush(bytes);
        return !_pace.IsBulk && writer is MappedSegmentWriter { HasLargePages: true };
    }

    /// <summary>Measures the writer's pace and requests the pages and the file that it will need.</summary>
    public void LookUnsynchronized(SegmentWriter writer)
    {
        _pace.Look(writer.Tail, _platform.Pace);
        NextLook = writer.Tail + LookBytes;
        if (writer is MappedSegmentWriter mapped && _pace.BytesPerSecond >= MinBytesPerSecond)
        {
            long ahead = Math.Clamp((long)(_pace.BytesPerSecond * AheadSeconds), MinAheadBytes, MaxAheadBytes);
            RequestPages(mapped, ahead);
        }

        if (_spare is null && !_spareRequested && (_pace.IsBulk || writer.Tail > writer.Capacity / 2))
        {
            _spareRequested = true;
            Request(_taker.NextShape, _pace.IsBulk);
        }

        if (writer.Segment.Index.IsShortOfRoom(writer.Capacity))
        {
            Pages.RequestIndexRoom(writer);
        }
    }

    /// <summary>
    /// Finishes a segment that has ended and is flushed: its index goes to a file, and its map may be closed.
    /// </summary>
    public void Finish(Segment segment)
    {
        lock (_gate)
        {
            _finished.Enqueue(segment);
        }

        Request(null, false);
    }

    /// <summary>
    /// Takes no more requests; completes when the last one is done. A request that no thread has begun is done here.
    /// </summary>
    public Task StopAsync()
    {
        Task over = _worker.StopAsync();
        return Task.WhenAll(Pages.StopAsync(), over);
    }

    /// <summary>Deletes the spare, after <see cref="StopAsync"/>.</summary>
    public void DiscardSpare()
    {
        if (_spare is { } spare)
        {
            _spare = null;
            Factory.Discard(spare);
        }
    }

    private void Prepare()
    {
        while (TryTakeWork(out Segment? finished, out SegmentShape? spare, out bool forBulk))
        {
            try
            {
                if (spare is not null)
                {
                    MakeSpare(spare.Value, forBulk);
                }

                if (finished is not null)
                {
                    PutAway(finished);
                }
            }
            catch (Exception failure) when (failure is IOException or EmbeddedLogException)
            {
                // The append that needs it tries again and throws.
                StorageLog.PreparationFailed(_logger, failure, _identity.Id);
            }
        }
    }

    private void RequestPages(MappedSegmentWriter writer, long ahead)
    {
        long from = Math.Max(writer.PreparedEnd, writer.Tail);
        long to = Math.Min(MappedSegmentWriter.LargePagesUpTo(writer.Tail + ahead), writer.Capacity);
        if (to > from)
        {
            // Requested pages count as prepared, so that they are requested once.
            writer.PreparedEnd = to;
            Pages.Request(new PageRange(writer, from, to, _pace.IsBulk));
        }
    }

    private void PutAway(Segment finished)
    {
        if (!finished.IsRemoved)
        {
            finished.Index.Save();
            finished.Index.Drop();
            _open.Opened(finished);
        }

        if (finished.IsRemoved)
        {
            // Retention may have removed the segment before its index was saved.
            Factory.TryDelete(finished.IndexPath);
        }
    }

    private SpareSegment CreateSpare(SegmentShape shape, bool forBulk) => Factory.CreateSpare(
        (uint)Interlocked.Increment(ref _lastSequence), shape.Bytes, shape.Positional, forBulk);

    private void MakeSpare(SegmentShape shape, bool forBulk)
    {
        SpareSegment spare = CreateSpare(shape, forBulk);
        try
        {
            // A sync of the directory takes as long as the flushes under way, and a bulk fills whole segments
            // meanwhile. For a bulk the next flush syncs it.
            if (!forBulk)
            {
                _platform.Files.SyncDirectory(_identity.Directory);
                spare.NameIsDurable = true;
            }
        }
        catch
        {
            Factory.Discard(spare);
            throw;
        }

        if (!_taker.TryOffer(spare))
        {
            Factory.Discard(spare);
        }
    }

    private void Request(SegmentShape? spare, bool forBulk)
    {
        lock (_gate)
        {
            _spareWanted = spare ?? _spareWanted;
            _spareForBulk = spare is null ? _spareForBulk : forBulk;
        }

        _worker.Request();
    }

    private bool TryTakeWork(out Segment? finished, out SegmentShape? spare, out bool forBulk)
    {
        lock (_gate)
        {
            spare = _spareWanted;
            forBulk = _spareForBulk;
            _spareWanted = null;
            return _finished.TryDequeue(out finished) | spare is not null;
        }
    }
}
