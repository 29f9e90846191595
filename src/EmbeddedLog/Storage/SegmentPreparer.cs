using EmbeddedLog.IO;

namespace EmbeddedLog.Storage;

/// <summary>
/// Works ahead of a partition's writer: reserves blocks, makes pages ready to be stored to, has the next segment's file
/// waiting, and puts away segments that have ended. All of it is only for speed: what is not ready in time, the append
/// does itself.
/// </summary>
/// <remarks>
/// How far ahead follows how fast appends come. A slow writer gets nothing: every prepared page is a dirty one, which
/// the next flush would have to write. A writer of whom each flush takes megabytes gets large pages, which cost a
/// fraction of small ones; they are taken back once a flush takes little.
/// </remarks>
internal sealed class SegmentPreparer : IThreadPoolWorkItem
{
    /// <summary>How often, in appended bytes, the writer's pace is looked at.</summary>
    private const long LookBytes = 64 << 10;

    /// <summary>The slowest pace that is worth preparing for, in bytes a second.</summary>
    private const double MinBytesPerSecond = 4 << 20;

    /// <summary>How much time the window should cover.</summary>
    private const double WindowSeconds = 0.010;

    private const long MinWindowBytes = 256 << 10;
    private const long MaxWindowBytes = 8 << 20;

    private readonly StorageContext _context;
    private readonly PartitionIdentity _identity;
    private readonly Lock _gate = new();

    /// <summary>Segments that have ended and are flushed, to be put away. Under the gate.</summary>
    private readonly Queue<Segment> _finished = new();

    /// <summary>What else is to be done. Under the gate.</summary>
    private Wanted _wanted;

    /// <summary>Whether an item is queued or running. Under the gate.</summary>
    private bool _active;

    /// <summary>Completed when the last item is done; set by stopping. Under the gate.</summary>
    private TaskCompletionSource? _stopped;

    /// <summary>The next segment's file. Under the append lock.</summary>
    private SpareSegment? _spare;

    /// <summary>Whether a spare was asked for while this segment is written. Under the append lock.</summary>
    private bool _spareRequested;

    /// <summary>The greatest sequence number in use. Under no lock: taken by increments.</summary>
    private long _lastSequence;

    /// <summary>How fast the writer is. Under the append lock.</summary>
    private readonly AppendPace _pace = new();

    public SegmentPreparer(StorageContext context, PartitionIdentity identity, uint nextSequence)
    {
        _context = context;
        _identity = identity;
        _lastSequence = nextSequence - 1;
        Factory = new SegmentFactory(context, identity);
    }

    /// <summary>Makes the segments.</summary>
    public SegmentFactory Factory { get; }

    /// <summary>The partition's settings, and where spares are offered. Set before the first append.</summary>
    public PartitionLog Log { get; set; } = null!;

    /// <summary>The tail at which the writer calls <see cref="LookUnsynchronized"/>. Under the append lock.</summary>
    public long NextLook { get; private set; }

    /// <summary>The next segment's file, made now if none is ready. It stays the preparer's until it is used.</summary>
    /// <exception cref="FileSystemException">It cannot be made.</exception>
    public SpareSegment TakeSpareUnsynchronized(PartitionSettings settings)
    {
        if (_spare is { } ready && (ready.Capacity != settings.SegmentBytes || ready.Positional != settings.Positional))
        {
            _spare = null;
            Factory.Discard(ready);
        }

        return _spare ??= Factory.CreateSpare(NextSequence(), settings);
    }

    /// <summary>Notes that the spare has become a segment.</summary>
    public void SpareIsUsedUnsynchronized() => _spare = null;

    /// <summary>Keeps a spare that was made ahead; false where there is one already.</summary>
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

    /// <summary>Notes that a flush took so many bytes; true where the writer should go back to small pages.</summary>
    public bool NoteFlushUnsynchronized(long bytes, SegmentWriter? writer)
    {
        _pace.NoteFlush(bytes);
        return !_pace.IsBulk && writer is MappedSegmentWriter { HasLargePages: true };
    }

    /// <summary>Sees how fast the writer is and asks for what it will need.</summary>
    public void LookUnsynchronized(SegmentWriter writer)
    {
        _pace.Look(writer.Tail, _context.Platform.Time);
        NextLook = writer.Tail + LookBytes;
        if (writer is MappedSegmentWriter mapped && _pace.BytesPerSecond >= MinBytesPerSecond)
        {
            long ahead = Math.Clamp((long)(_pace.BytesPerSecond * WindowSeconds), MinWindowBytes, MaxWindowBytes);
            RequestPages(mapped, ahead);
        }

        if (_spare is null && !_spareRequested && (_pace.IsBulk || writer.Tail > writer.Capacity / 2))
        {
            _spareRequested = true;
            Request(new Wanted { Spare = Log.Settings, ForBulk = _pace.IsBulk });
        }

        if (writer.Segment.Index.IsShortOfRoom(writer.Capacity))
        {
            Request(new Wanted { Index = writer });
        }
    }

    /// <summary>
    /// Puts away a segment that has ended and is flushed: its index to a file, its map up for closing.
    /// </summary>
    public void Finish(Segment segment)
    {
        lock (_gate)
        {
            _finished.Enqueue(segment);
        }

        Request(default);
    }

    /// <summary>Takes no more requests; completes when the last one is done.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            _stopped ??= new TaskCompletionSource();
            return _active ? _stopped.Task : Task.CompletedTask;
        }
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

    void IThreadPoolWorkItem.Execute()
    {
        TaskCompletionSource? stopped;
        while (TryTakeWork(out Segment? finished, out Wanted wanted, out stopped))
        {
            try
            {
                Do(finished, wanted);
            }
            catch (Exception failure) when (failure is IOException or EmbeddedLogException)
            {
                // The append that needs it tries again and tells its caller.
                StorageLog.PreparationFailed(_context.Logger, failure, _identity.Id);
            }
        }

        stopped?.TrySetResult();
    }

    /// <summary>
    /// After a flush and before those who wait for it are released, when all is on the disk and mostly nobody appends:
    /// takes large pages back.
    /// </summary>
    /// <exception cref="FileSystemException">What was just flushed cannot be read.</exception>
    public void ShrinkPages(MappedSegmentWriter writer) =>
        WithFile(writer, writer, static (file, one) => one.ShrinkPages(file, one.FlushedEnd));

    /// <summary>Before a flush up to a tail: makes it cheaper where it takes many small pages.</summary>
    public void PrepareFlush(SegmentWriter writer, long tail)
    {
        const long MinBytes = 64 << 10;
        if (tail - writer.FlushedEnd >= MinBytes && writer is MappedSegmentWriter { HasLargePages: false } mapped)
        {
            WithFile(mapped, tail, (_, end) => mapped.ForgetTouches(mapped.FlushedEnd, end));
        }
    }

    private void RequestPages(MappedSegmentWriter writer, long ahead)
    {
        long from = Math.Max(writer.PreparedEnd, writer.Tail);
        long to = Math.Min(MappedSegmentWriter.LargePagesUpTo(writer.Tail + ahead), writer.Capacity);
        if (to > from)
        {
            // What is asked for counts as prepared, so that it is asked for once.
            writer.PreparedEnd = to;
            Request(new Wanted { Window = new PageWindow(writer, from, to, _pace.IsBulk) });
        }
    }

    private void Do(Segment? finished, in Wanted wanted)
    {
        if (wanted.Index is { } writer)
        {
            writer.Segment.Index.MakeRoom(writer.Capacity);
        }

        if (wanted.Window is { } window)
        {
            WithFile(
                window.Writer,
                window,
                static (file, range) => range.Writer.Prepare(file, range.From, range.To, range.Large));
        }

        if (wanted.Spare is { } settings)
        {
            MakeSpare(settings, wanted.ForBulk);
        }

        if (finished is not null)
        {
            PutAway(finished);
        }
    }

    private void PutAway(Segment finished)
    {
        if (!finished.IsRemoved)
        {
            finished.Index.Save();
            finished.Index.Drop();
            _context.OpenSegments.Opened(finished);
        }

        if (finished.IsRemoved)
        {
            // Retention may have taken the segment, and looked for its index, before that was saved.
            Factory.TryDelete(finished.IndexPath);
        }
    }

    private void WithFile<T>(MappedSegmentWriter writer, T argument, Action<LogFile, T> action)
    {
        ReaderSlot slot = _context.Readers.Rent();
        slot.Enter();
        LogFile? file = writer.File.TryUse();
        try
        {
            // Without a descriptor the segment has ended and was flushed; without a map retention has taken it.
            if (file is not null && writer.Segment.IsMapped)
            {
                action(file, argument);
            }
        }
        finally
        {
            if (file is not null)
            {
                writer.File.Release();
            }

            _context.Readers.Return(slot);
        }
    }

    private void MakeSpare(PartitionSettings settings, bool forBulk)
    {
        SpareSegment spare = Factory.CreateSpare(NextSequence(), settings, forBulk);
        try
        {
            _context.Platform.Files.SyncDirectory(_identity.Directory);
            spare.NameIsDurable = true;
        }
        catch
        {
            Factory.Discard(spare);
            throw;
        }

        if (!Log.Writer.TryOffer(spare))
        {
            Factory.Discard(spare);
        }
    }

    private void Request(in Wanted more)
    {
        bool start;
        lock (_gate)
        {
            if (_stopped is not null)
            {
                return;
            }

            _wanted = new Wanted
            {
                Window = more.Window ?? _wanted.Window,
                Spare = more.Spare ?? _wanted.Spare,
                ForBulk = more.Spare is null ? _wanted.ForBulk : more.ForBulk,
                Index = more.Index ?? _wanted.Index,
            };
            start = !_active;
            _active = true;
        }

        if (start)
        {
            _context.Platform.Work.Queue(this);
        }
    }

    private bool TryTakeWork(out Segment? finished, out Wanted wanted, out TaskCompletionSource? stopped)
    {
        lock (_gate)
        {
            bool any = _finished.TryDequeue(out finished) | !_wanted.IsNothing;
            wanted = _wanted;
            _wanted = default;
            _active = any;
            stopped = any ? null : _stopped;
            return any;
        }
    }

    private uint NextSequence() => (uint)Interlocked.Increment(ref _lastSequence);

    /// <summary>What was asked for since the last time; of each kind the latest.</summary>
    private readonly struct Wanted
    {
        /// <summary>The pages to prepare.</summary>
        public PageWindow? Window { get; init; }

        /// <summary>The settings to make the next file with.</summary>
        public PartitionSettings? Spare { get; init; }

        /// <summary>Whether that file is for bulk appends.</summary>
        public bool ForBulk { get; init; }

        /// <summary>Whose segment's index needs room.</summary>
        public SegmentWriter? Index { get; init; }

        public bool IsNothing => Window is null && Spare is null && Index is null;
    }
}
