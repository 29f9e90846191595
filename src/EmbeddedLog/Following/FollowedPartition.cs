using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Errors;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Following;

/// <summary>
/// A partition whose log another process owns, or nobody does at the moment. It never writes. Each look at the
/// published end is a look at the owner's slot, and now and then at the partition's small files.
/// </summary>
/// <remarks>
/// The law: what can be read is at any moment a prefix of what the owner has published, or of what a recovery would
/// find. It only grows, but where a recovery has taken records back: then <see cref="Truncations"/> counts before
/// anything can be read that has taken their places.
/// </remarks>
internal sealed class FollowedPartition : ReadablePartition
{
    /// <summary>
    /// How often files are looked at that change while they are read, before that is taken for damage.
    /// </summary>
    private const int MaxAttempts = 20;

    private readonly SegmentResources _resources;
    private readonly PartitionIdentity _identity;
    private readonly ControlView _view;
    private readonly FollowPoller _poller;
    private readonly FollowedEnds _ends;
    private readonly long _mapAhead;

    /// <summary>Whether the topic has not been deleted.</summary>
    private readonly Func<bool> _exists;

    /// <summary>Over all looking; never held while a reader reads.</summary>
    private readonly Lock _gate = new();

    /// <summary>What the last look at the files went by. All under the gate.</summary>
    private ControlPage? _page;
    private ulong _word;
    private unsafe byte* _slot;
    private long _version;

    /// <summary>Finds the end where no slot tells it, or checks what one tells. Under the gate.</summary>
    private FollowedTail? _tail;

    /// <summary>What the end is taken from, and the last that was the same by the records. Under the gate.</summary>
    private EndSource _source;
    private long _checkedEnd;

    /// <summary>Whether the next look at the files compares the slot with the records. Under the gate.</summary>
    private bool _doubts;

    /// <summary>The segments of the look at the files that is under way. Under the gate.</summary>
    private SegmentList _made = SegmentList.Empty;

    /// <summary>Whether the files were looked at. Under the gate.</summary>
    private bool _isLoaded;

    /// <summary>Which look at the directory the last one at the files came after. Under the gate.</summary>
    private int _directoryLooks;

    /// <summary>Written under the gate in the order of the law, the end last; read by anyone.</summary>
    private readonly TakenBack _takenBack = new();
    private SegmentList _segments = SegmentList.Empty;
    private long _start;
    private long _durable;
    private long _end;

    /// <summary>Whether the owner has deleted the topic. Set once under the gate; read by anyone.</summary>
    private bool _isGone;

    public FollowedPartition(
        SegmentResources segments,
        AsyncWaiterPool waiters,
        PartitionIdentity identity,
        ControlView view,
        FollowPoller poller,
        long mapAhead,
        Func<bool> exists)
        : base(identity.Id, segments, waiters)
    {
        _resources = segments;
        _identity = identity;
        _view = view;
        _poller = poller;
        _ends = new FollowedEnds(segments.Readers, segments.LoggerUnderLock, identity);
        _mapAhead = mapAhead;
        _exists = exists;
    }

    /// <inheritdoc/>
    public override long StartOffset
    {
        get
        {
            Look();
            return Volatile.Read(ref _start);
        }
    }

    /// <inheritdoc/>
    public override long PublishedEnd
    {
        get
        {
            Look();
            return Volatile.Read(ref _end);
        }
    }

    /// <inheritdoc/>
    public override long DurableEnd
    {
        get
        {
            Look();
            return Math.Min(Volatile.Read(ref _durable), Volatile.Read(ref _end));
        }
    }

    /// <inheritdoc/>
    public override SegmentList Segments => Volatile.Read(ref _segments);

    /// <inheritdoc/>
    public override int Truncations => _takenBack.Count;

    /// <inheritdoc/>
    public override long SizeBytes
    {
        get
        {
            Look();
            return FollowedSegments.Measure(Segments, Volatile.Read(ref _end), _resources.Readers);
        }
    }

    /// <summary>Whether somebody waits for more.</summary>
    public bool HasWaiters => AppendWaiters.HasAny;

    /// <inheritdoc/>
    public override long TruncatedTo(int since) => _takenBack.LowestSince(since);

    /// <inheritdoc/>
    public override void FindAgain(Segment segment, long offset)
    {
        // Deleted by retention, which the slot says by now, or by a recovery that has put another one in its place.
        lock (_gate)
        {
            Refresh();
        }

        if (Segments.Find(offset) == segment && offset < Volatile.Read(ref _end))
        {
            throw FileErrors.Corrupt(
                Id, segment.Path, 0, "a segment is missing", "a file", "none", segment.BaseOffset);
        }
    }

    /// <inheritdoc/>
    public override bool EndsAt(Segment segment, long offset)
    {
        lock (_gate)
        {
            if (segment.EndOffset == long.MaxValue && offset < _end && _source == EndSource.Slot)
            {
                // Nobody has read from here on, so that nothing is taken back where the slot is found to be wrong.
                Volatile.Write(ref _end, offset);
                _doubts = true;
                Refresh();
            }

            return offset >= _end;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WaitForEndAsync(long end, CancellationToken cancellationToken)
    {
        // Who waits is woken as well when it has to see for itself that something is wrong, or was taken back.
        while (PublishedEnd < end)
        {
            await base.WaitForEndAsync(end, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Looks whether there is more for those who wait; true where something has changed.</summary>
    public bool Poll()
    {
        long end = Volatile.Read(ref _end);
        int truncations = Truncations;
        try
        {
            Look();
        }
#pragma warning disable CA1031 // Whatever it is, those who wait look for themselves and find it.
        catch (Exception)
#pragma warning restore CA1031
        {
            AppendWaiters.ReleaseUpTo(long.MaxValue);
            return true;
        }

        // Looking for the end by the frames has touched the last of them.
        Segments.Last?.LetGoOfTail();
        long now = Volatile.Read(ref _end);
        bool isTakenBack = truncations != Truncations;
        AppendWaiters.ReleaseUpTo(isTakenBack ? long.MaxValue : now);
        return now != end || isTakenBack;
    }

    /// <summary>Lets go of everything, for the topic is gone; whoever reads on is told so.</summary>
    public void Drop()
    {
        lock (_gate)
        {
            DropUnsynchronized();
        }
    }

    /// <summary>Ends all reading.</summary>
    public unsafe void Close()
    {
        lock (_gate)
        {
            CloseToReaders(SharedErrors.Disposed());
            _slot = null;
            _page = null;
        }

        foreach (Segment segment in Segments.Items)
        {
            segment.Remove();
        }
    }

    /// <inheritdoc/>
    protected override void OnWaiting() => _poller.Wake();

    /// <inheritdoc/>
    protected override void ThrowIfClosed()
    {
        base.ThrowIfClosed();
        if (Volatile.Read(ref _isGone))
        {
            throw FollowingErrors.TopicDeleted(Id);
        }
    }

    private unsafe void Look()
    {
        lock (_gate)
        {
            ThrowIfClosed();
            long end = _end;
            if (!_isLoaded || !TryLookAtSlot() || (_end == end && LookFarther()))
            {
                Refresh();
            }
        }
    }

    /// <summary>
    /// Where nothing is new, looks for another control file, if that is due; true where the files have to be looked at.
    /// Whether this look or another partition's was due makes no difference.
    /// </summary>
    private unsafe bool LookFarther()
    {
        try
        {
            _view.LookIfDue();
            if (_view.Looks == _directoryLooks)
            {
                return false;
            }

            // An end that stands still is compared with the records once: a bad bit must not hide the last ones.
            _doubts |= _source == EndSource.Slot && _checkedEnd != _end;
            bool needsList = _source == EndSource.Records && _tail!.NeedsList;
            return _doubts || needsList || _slot is null || _view.Current != _page;
        }
        catch (FileSystemException failure)
        {
            throw FileErrors.Translate(failure, Id);
        }
    }

    /// <summary>Takes what is new from the slot; false where the files have to be looked at.</summary>
    private unsafe bool TryLookAtSlot()
    {
        if (_view.Current != _page)
        {
            return false;
        }

        ToldEnds told = ToldEnds.Read(_slot);
        if (_page is not null)
        {
            ulong word = _page.Word;
            if (word != _word)
            {
                // While the next owner recovers the log, what could be read can be read on.
                return ControlLayout.StateOf(word) == ControlState.Opening;
            }

            if (told.Version != _version)
            {
                return false;
            }
        }

        switch (_source)
        {
            case EndSource.Records:
                bool needsList = _tail!.Advance();
                Publish(_tail.Offset);
                return !needsList;
            case EndSource.Slot when told.End < _end:
                // Ends only grow while the word stays.
                _doubts = true;
                return false;
            case EndSource.Slot:
                PublishDurable(told.Durable);
                Publish(told.End);
                return true;
            default:
                return true;
        }
    }

    /// <summary>
    /// What is on the disk stays there, whatever tells it: an owner that begins tells less, and so does a checkpoint.
    /// </summary>
    private void PublishDurable(long durable)
    {
        if (durable > _durable)
        {
            Volatile.Write(ref _durable, durable);
        }
    }

    private void Publish(long end)
    {
        if (end > _end)
        {
            Volatile.Write(ref _end, end);
        }
    }

    /// <summary>
    /// Looks at the partition's files. They may be changing: what does not fit together is looked at again, and only
    /// what stays so is a failure.
    /// </summary>
    private void Refresh()
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                if (TryRefresh())
                {
                    return;
                }
            }
            catch (Exception failure) when (failure is EmbeddedLogException or FileSystemException)
            {
                ThrowIfDeleted(failure);
                if (attempt >= MaxAttempts)
                {
                    if (failure is FileSystemException cause)
                    {
                        throw FileErrors.Translate(cause, Id);
                    }

                    throw;
                }
            }
            finally
            {
                // What a look that came to nothing has made and mapped belongs to nobody.
                FollowedSegments.RemoveMissing(_made, _segments);
                _made = SegmentList.Empty;
            }

            if (attempt >= MaxAttempts)
            {
                // The owner is opening the log again and again; what could be read can be read on.
                return;
            }
        }
    }

    /// <summary>
    /// Asks whether the topic is there before anything is made of its files: in its place may stand another one, or the
    /// beginning of one, that has the same name and directory.
    /// </summary>
    private void ThrowIfDeleted(Exception? cause = null)
    {
        if (!_exists())
        {
            DropUnsynchronized();
            throw FollowingErrors.TopicDeleted(Id, cause);
        }
    }

    /// <summary>Lets go of all that belongs to a deleted topic; whoever waits is woken and finds it gone.</summary>
    private unsafe void DropUnsynchronized()
    {
        Volatile.Write(ref _isGone, true);
        _slot = null;
        _page = null;
        _tail = null;
        SegmentList segments = _segments;
        Volatile.Write(ref _segments, SegmentList.Empty);
        foreach (Segment segment in segments.Items)
        {
            segment.Remove();
        }

        AppendWaiters.ReleaseUpTo(long.MaxValue);
    }

    private unsafe bool TryRefresh()
    {
        int looks = _view.Looks;
        ControlPage? page = _view.Current;
        ulong word = page?.Word ?? 0;
        byte* slot = page is null ? null : page.Find(_identity.TopicUid, Id.Partition);
        ToldEnds told = ToldEnds.Read(slot);

        // Read after the end, the manifest has all segments that hold what the end counts.
        SessionState session = _view.ReadState();
        FollowedFiles files = FollowedFiles.Read(_resources.Platform.Files, _identity, session);
        long start = files.Manifest.LogStartOffset;
        SegmentList segments = _made = FollowedSegments.Make(files.Manifest, _segments, MakeSegment);
        FollowedFit fit = new(_resources, _identity, files, session);
        fit.Check(segments);

        bool isNew = !_isLoaded || page != _page || word != _word;
        bool isTold = slot != null && page!.EndsAreTrusted && told.End >= start
            && ControlLayout.StateOf(word) is ControlState.Open or ControlState.Closed;
        FollowedEnd end = new(told.End, Math.Max(told.Durable, files.Checkpoint?.DurableEndOffset ?? 0), null);
        if (session.Clean)
        {
            long closed = files.Checkpoint?.DurableEndOffset ?? start;
            isTold = isTold && told.End == closed;
            end = new FollowedEnd(closed, closed, null);
        }
        else if (!isTold || isNew || _doubts || told.End < _end || told.End < (segments.Last?.BaseOffset ?? start + 1))
        {
            end = _ends.Find(segments, files, fit, _tail, slot, told, ref isTold);
        }

        if (isNew)
        {
            fit.CheckFiles(segments, end.Offset);
        }

        bool takesBack = Divergence.Find(_segments, _end, segments, end.Offset) != long.MaxValue;
        if ((page is not null && page.Word != word)
            || (takesBack && !files.IsStill(FollowedFiles.Read(_resources.Platform.Files, _identity, session))))
        {
            return false;
        }

        if (slot == null || !ControlPage.IsOf(slot, _identity.TopicUid, Id.Partition))
        {
            ThrowIfDeleted();
        }

        Apply(segments, start, end);
        _page = page;
        _word = word;
        _slot = slot;
        _version = told.Version;
        _directoryLooks = looks;
        _tail = end.Tail;
        _source = isTold ? EndSource.Slot : end.Tail is null ? EndSource.Checkpoint : EndSource.Records;
        _checkedEnd = end.Tail is null ? _checkedEnd : end.Offset;
        _doubts = false;
        _isLoaded = true;
        return true;
    }

    /// <summary>Makes readers see what was found, in the order of the law.</summary>
    private void Apply(SegmentList segments, long start, in FollowedEnd end)
    {
        SegmentList old = _segments;
        long to = Divergence.Find(old, _end, segments, end.Offset);
        if (to != long.MaxValue)
        {
            FollowingLog.Truncated(_resources.LoggerUnderLock, Id, _end, to);
            _takenBack.Add(to);
            Volatile.Write(ref _durable, Math.Min(_durable, to));
        }

        Volatile.Write(ref _segments, segments);

        // Before the end: whoever sees the end must see that a segment is removed whose end nobody told.
        FollowedSegments.RemoveMissing(old, segments);
        Volatile.Write(ref _start, start);
        PublishDurable(end.Durable);
        Volatile.Write(ref _end, end.Offset);
    }

    private FollowedSegment MakeSegment(SegmentEntry entry) =>
        new(_resources, Id, _identity.Directory, entry, _mapAhead);
}
