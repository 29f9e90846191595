using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Errors;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Following.Control;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Following;

/// <summary>
/// A partition whose log another process owns, or no process at the moment. It never writes. Each read of the published
/// end reads the owner's slot, and now and then the partition's small files.
/// </summary>
/// <remarks>
/// The law: at any moment the readable records are a prefix of those that the owner has published, or that a recovery
/// would find. They only grow, unless a recovery has taken records back: <see cref="Truncations"/> then counts before
/// any record at their offsets can be read.
/// </remarks>
internal sealed class FollowedPartition : ReadablePartition
{
    // Over 400 lines: what readers see, the poll and the reading of the files change together under one gate.
    /// <summary>How often files that change during a read are read again, before that counts as damage.</summary>
    private const int MaxAttempts = 20;

    private readonly SegmentResources _resources;
    private readonly PartitionIdentity _identity;
    private readonly ControlView _view;
    private readonly FollowPoller _poller;
    private readonly FollowedEndFinder _ends;
    private readonly long _mapAhead;

    /// <summary>Whether the topic has not been deleted.</summary>
    private readonly Func<bool> _exists;

    /// <summary>Held during every refresh; never while a reader reads.</summary>
    private readonly Lock _gate = new();

    /// <summary>What readers see. Written under the gate; read by anyone.</summary>
    private readonly FollowedState _reach = new();

    /// <summary>Follows the end between two reads of the files. Under the gate.</summary>
    private readonly EndWatch _watch;

    /// <summary>The waiters for the durable end.</summary>
    private readonly WaiterList _flushWaiters;

    /// <summary>The segments of the present read of the files. Under the gate.</summary>
    private SegmentList _made = SegmentList.Empty;

    /// <summary>Whether the owner has deleted the topic. Set once under the gate; read by anyone.</summary>
    private bool _isGone;

    public FollowedPartition(
        SegmentResources segments,
        ObjectPool<AsyncWaiter> waiters,
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
        _ends = new FollowedEndFinder(segments.Readers, segments.LoggerUnderLock, identity);
        _flushWaiters = new WaiterList(segments.Platform.Work);
        _watch = new EndWatch(identity.Id, view, _reach);
        _mapAhead = mapAhead;
        _exists = exists;
    }

    /// <inheritdoc/>
    public override ulong TopicUid => _identity.TopicUid;

    /// <inheritdoc/>
    public override long StartOffset
    {
        get
        {
            Look();
            return _reach.Start;
        }
    }

    /// <inheritdoc/>
    public override long PublishedEnd
    {
        get
        {
            Look();
            return _reach.End;
        }
    }

    /// <inheritdoc/>
    public override long KnownEnd => _reach.End;

    /// <inheritdoc/>
    public override long DurableEnd
    {
        get
        {
            Look();
            return _reach.Durable;
        }
    }

    /// <inheritdoc/>
    public override SegmentList Segments => _reach.Segments;

    /// <inheritdoc/>
    public override int Truncations => _reach.Truncations;

    /// <inheritdoc/>
    public override long SizeBytes
    {
        get
        {
            Look();
            return FollowedSegments.Measure(Segments, _reach.End, _resources.Readers);
        }
    }

    /// <summary>Whether there are waiters.</summary>
    public bool HasWaiters => AppendWaiters.HasAny || _flushWaiters.HasAny;

    /// <inheritdoc/>
    public override long TruncatedTo(int since) => _reach.TruncatedTo(since);

    /// <inheritdoc/>
    public override bool IsFollowed => true;

    /// <inheritdoc/>
    public override bool IsGone => Volatile.Read(ref _isGone);

    /// <summary>
    /// The epoch of the record below the offset, in the segments as they were last seen. Whoever commits asks for
    /// truncations after this, which count before other segments can be seen.
    /// </summary>
    public override uint EpochBelow(long offset) => _reach.EpochBelow(offset);

    /// <inheritdoc/>
    public override long EndOfEpoch(uint epoch)
    {
        lock (_gate)
        {
            Look();
            return _reach.EndOfEpoch(epoch);
        }
    }

    /// <inheritdoc/>
    public override void ThrowIfClosed()
    {
        base.ThrowIfClosed();
        if (IsGone)
        {
            throw FollowingErrors.TopicDeleted(Id);
        }
    }

    /// <inheritdoc/>
    public override void FindAgain(Segment segment, long offset)
    {
        // Retention has deleted it, which the slot shows by now, or a recovery has replaced it.
        lock (_gate)
        {
            Refresh();
        }

        if (Segments.Find(offset) == segment && offset < _reach.End)
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
            if (segment.EndOffset == long.MaxValue && offset < _reach.End && _watch.GoesBySlot)
            {
                // No reader has read from here on, so nothing is taken back if the slot is wrong.
                _reach.EndAt(offset);
                _watch.Doubt();
                Refresh();
            }

            return offset >= _reach.End;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WaitForEndAsync(long end, CancellationToken cancellationToken)
    {
        // A waiter also wakes up for a failure, or if records were taken back.
        while (PublishedEnd < end)
        {
            await base.WaitForEndAsync(end, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override void AddFlushWaiter(OffsetWaiter waiter)
    {
        // Those who move an end or close it go through the list afterwards, under its lock: they find the waiter, or
        // this thread sees what they did.
        _flushWaiters.Add(waiter);
        if (IsClosed)
        {
            _flushWaiters.Fail(ClosedError());
        }
        else if (Volatile.Read(ref _isGone))
        {
            _flushWaiters.ReleaseUpTo(long.MaxValue);
        }
        else
        {
            OnWaiting();
            _flushWaiters.ReleaseUpTo(_reach.Durable);
        }
    }

    /// <inheritdoc/>
    public override bool RemoveFlushWaiter(OffsetWaiter waiter) => _flushWaiters.Remove(waiter);

    /// <summary>Checks for new records for the waiters; true if something has changed.</summary>
    public bool Poll()
    {
        long end = _reach.End;
        long durable = _reach.Durable;
        int truncations = Truncations;
        try
        {
            Look();
            if (_flushWaiters.HasAny && !_watch.GoesBySlot && _reach.Durable < _reach.End)
            {
                // Only the checkpoint tells it, and nothing else says that there is a new one.
                lock (_gate)
                {
                    Refresh();
                }
            }
        }
#pragma warning disable CA1031 // Whatever it is, those who wait look for themselves and find it.
        catch (Exception)
#pragma warning restore CA1031
        {
            ReleaseWaiters(long.MaxValue, long.MaxValue);
            return true;
        }

        // The search for the end by the frames has read the last of them.
        Segments.Last?.LetGoOfTail();
        long now = _reach.End;
        bool isTakenBack = truncations != Truncations;
        ReleaseWaiters(isTakenBack ? long.MaxValue : now, isTakenBack ? long.MaxValue : _reach.Durable);
        return now != end || isTakenBack || _reach.Durable != durable;
    }

    /// <summary>Releases everything, because the topic is gone; later reads throw.</summary>
    public void Drop()
    {
        lock (_gate)
        {
            DropUnsynchronized();
        }
    }

    /// <summary>Ends all reading.</summary>
    public void Close()
    {
        lock (_gate)
        {
            CloseToReaders(SharedErrors.Disposed());
            _flushWaiters.Fail(SharedErrors.Disposed());
            _watch.Clear();
        }

        foreach (Segment segment in Segments.Items)
        {
            segment.Remove();
        }
    }

    /// <inheritdoc/>
    protected override void OnWaiting() => _poller.Wake();

    private void Look()
    {
        lock (_gate)
        {
            ThrowIfClosed();
            if (!_watch.TryLook())
            {
                Refresh();
            }
        }
    }

    /// <summary>
    /// Reads the partition's files. They may be changing: files that do not fit together are read again, and only a
    /// lasting mismatch is a failure.
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
                // Segments that a failed refresh has made and mapped have no other user.
                FollowedSegments.RemoveMissing(_made, Segments);
                _made = SegmentList.Empty;
            }

            if (attempt >= MaxAttempts)
            {
                // The owner keeps opening the log; the records so far stay readable.
                return;
            }
        }
    }

    /// <summary>
    /// Checks that the topic exists before its files are used: another topic with the same name and directory, or its
    /// beginning, may be in its place.
    /// </summary>
    private void ThrowIfDeleted(Exception? cause = null)
    {
        if (!_exists())
        {
            DropUnsynchronized();
            throw FollowingErrors.TopicDeleted(Id, cause);
        }
    }

    /// <summary>Releases all objects of a deleted topic; its waiters wake up and throw.</summary>
    private void DropUnsynchronized()
    {
        Volatile.Write(ref _isGone, true);
        _watch.Clear();
        _reach.Clear();
        ReleaseWaiters(long.MaxValue, long.MaxValue);
    }

    /// <summary>Releases the waiters up to two ends; those who are not yet there look for themselves.</summary>
    private void ReleaseWaiters(long published, long durable)
    {
        AppendWaiters.ReleaseUpTo(published);
        _flushWaiters.ReleaseUpTo(durable);
    }

    private unsafe bool TryRefresh()
    {
        int looks = _view.Looks;
        ControlPage? page = _view.Current;
        ulong word = page?.Word ?? 0;
        byte* slot = page is null ? null : page.Find(_identity.TopicUid, Id.Partition);
        ToldEnds told = ToldEnds.Read(slot);

        // The manifest is read after the end, so it has all segments up to this end.
        SessionState session = _view.ReadState();
        FollowedFiles files = FollowedFiles.Read(_resources.Platform.Files, _identity, session);
        long start = files.Manifest.LogStartOffset;
        SegmentList segments = _made = FollowedSegments.Make(files.Manifest, Segments, MakeSegment);
        FollowedFilesCheck fit = new(_resources, _identity, files, session);
        fit.Check(segments);

        bool isNew = _watch.IsNew(page, word);
        bool isTold = slot != null && page!.EndsAreTrusted && told.End >= start
            && ControlLayout.StateOf(word) is ControlState.Open or ControlState.Closed;
        FollowedEnd end = new(told.End, Math.Max(told.Durable, files.Checkpoint?.DurableEndOffset ?? 0), null);
        if (session.Clean)
        {
            long closed = files.Checkpoint?.DurableEndOffset ?? start;
            isTold = isTold && told.End == closed;
            end = new FollowedEnd(closed, closed, null);
        }
        else if (!isTold || isNew || _watch.HasDoubts || told.End < _reach.End
            || told.End < (segments.Last?.BaseOffset ?? start + 1))
        {
            end = _ends.Find(segments, files, fit, _watch.Tail, slot, told, ref isTold);
        }

        if (isNew)
        {
            fit.CheckFiles(segments, end.Offset);
        }

        long to = _reach.FindDivergence(segments, end.Offset);
        bool takesBack = to != long.MaxValue;
        if ((page is not null && page.Word != word)
            || (takesBack && !files.IsStill(FollowedFiles.Read(_resources.Platform.Files, _identity, session))))
        {
            return false;
        }

        if (slot == null || !ControlPage.IsOf(slot, _identity.TopicUid, Id.Partition))
        {
            ThrowIfDeleted();
        }

        if (takesBack)
        {
            FollowingLog.Truncated(_resources.LoggerUnderLock, Id, _reach.End, to);
        }

        _reach.Apply(segments, start, end, to);
        _watch.Note(page, word, slot, told.Version, looks, end, isTold);
        return true;
    }

    private FollowedSegment MakeSegment(SegmentEntry entry) =>
        new(_resources, Id, _identity.Directory, entry, _mapAhead);
}
