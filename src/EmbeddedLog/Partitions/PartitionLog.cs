using System.Diagnostics;
using System.Runtime.CompilerServices;
using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Partitions.Flushing;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Partitions.Recovery;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Preparing;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Segments.Writing;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Partitions;

/// <summary>
/// One partition: an ordered, append-only sequence of records in segments. All members are safe to call from any
/// thread, also while another one closes the log.
/// </summary>
internal sealed class PartitionLog : ReadablePartition, IBackgroundTask, IFlushControl, ISpareTaker
{
    // Over 400 lines, half of which document its members: it joins the parts of a partition, and hands over to them.
    private readonly AppendClock _clock;
    private readonly BackgroundSchedule _background;
    private readonly ControlFile _control;
    private readonly FlushQueue _queue;

    /// <summary>Whether the appending threads hold locks: the work queue then calls the clock's timer.</summary>
    private readonly bool _appendsUnderLocks;

    private readonly PartitionIdentity _identity;
    private readonly PartitionState _state;
    private readonly PartitionFiles _files;
    private readonly GroupCommit _groupCommit;
    private readonly FlushWaiting _flushes;
    private readonly CheckpointSchedule _checkpoints;
    private readonly PartitionTrimmer _trimmer;
    private readonly PartitionClosing _closing;
    private readonly PartitionTelemetry _telemetry;
    private readonly Figure<double> _appendTimes;

    /// <summary>Replaced as a whole when the topic's options change; read by every append.</summary>
    private PartitionSettings _settings;

    /// <summary>
    /// One while a background call is scheduled that is in time for the next append. Appends exchange it.
    /// </summary>
    private int _scheduled;

    /// <summary>One while a flush that could not be made is due again. Set by the flusher, taken by the call.</summary>
    private int _retries;

    public PartitionLog(
        PartitionIdentity identity,
        PartitionSettings settings,
        RecoveredPartition recovered,
        SegmentResources segments,
        ObjectPool<AsyncWaiter> waiters,
        FlushQueue flushes,
        BackgroundSchedule background,
        AppendClock clock,
        ControlFile control,
        DirectoryWatch? watch,
        ILogger logger,
        bool appendsUnderLocks)
        : base(identity.Id, segments, waiters)
    {
        _clock = clock;
        _background = background;
        _control = control;
        _appendsUnderLocks = appendsUnderLocks;
        _queue = flushes;
        Epoch = recovered.Epoch;
        Recovery = recovered.Report;
        Damage = recovered.Damage;
        _identity = identity;
        _settings = settings;
        _files = recovered.Files;
        _state = new PartitionState(
            recovered.Segments,
            recovered.End.Offset,
            recovered.LogStart,
            control.Rent(identity.TopicUid, identity.Id.Partition));
        _state.Slot.BeginDurable(Math.Max(recovered.End.Offset, 0));
        if (Damage is not null)
        {
            // Appends and flushes look at this first, as after a failed flush.
            _state.Failure = Damage.Failure;
        }

        Platform platform = segments.Platform;
        _telemetry = new PartitionTelemetry(Telemetry.Shared, Id, platform.Work);
        _appendTimes = _telemetry.Appends;
        PartitionPlace place = new(identity, watch, _files.Manifest);
        Preparer = new SegmentPreparer(
            platform,
            identity,
            new SegmentFactory(segments, identity),
            new PagePreparer(identity.Id, segments.Readers, platform.Work, logger),
            segments.Open,
            this,
            logger,
            recovered.NextSequence);
        Writer = new PartitionWriter(
            identity,
            _state,
            _files.Manifest,
            Preparer,
            new NextSegment(identity, _state, place, _files.Manifest, Preparer, this, Epoch),
            this,
            logger,
            recovered.Active,
            recovered.End.Offset);
        FlushExecutor executor = new(
            platform.Files, identity, place, _files.Manifest, Writer, Preparer.Pages);
        _checkpoints = new CheckpointSchedule(this, _state, background, flushes);
        CheckpointWriter checkpoints = new(
            _state, place, _files, _checkpoints, platform.Time, Epoch, recovered.End);
        _groupCommit = new GroupCommit(
            Id, _state, Writer, this, executor, checkpoints, flushes, platform.Work, recovered.End, _telemetry);
        _flushes = new FlushWaiting(_state, _groupCommit, flushes, waiters, platform.Work);
        _trimmer = new PartitionTrimmer(
            identity, _state, place, _files.Manifest, Writer, this, platform.Files, logger, segments.LoggerUnderLock,
            _telemetry);
        CleanCheckpoint clean = new(_state, Writer, _groupCommit, executor, checkpoints);
        _closing = new PartitionClosing(
            Id, _state, _files, Writer, Preparer, _groupCommit, _flushes, clean, _trimmer, CloseToReaders);
    }

    /// <summary>Makes files and pages ready ahead of appends.</summary>
    public SegmentPreparer Preparer { get; }

    /// <inheritdoc/>
    public override ulong TopicUid => _identity.TopicUid;

    /// <summary>The epoch of new records; it grows with every opening after an unclean end.</summary>
    public uint Epoch { get; }

    /// <summary>The report of the opening.</summary>
    public PartitionRecoveryReport Recovery { get; }

    /// <summary>Why the opening could not recover the partition; null if it could.</summary>
    public FoundDamage? Damage { get; }

    /// <inheritdoc/>
    public override bool IsDamaged => Damage is not null;

    /// <summary>The partition's directory.</summary>
    public string Directory => _identity.Directory;

    /// <summary>Its manifest and its checkpoint.</summary>
    public PartitionFiles Files => _files;

    /// <summary>The side that holds the append lock.</summary>
    public PartitionWriter Writer { get; }

    /// <summary>The topic's settings. New ones apply from the next append on, and to unflushed records.</summary>
    public PartitionSettings Settings
    {
        get => Volatile.Read(ref _settings);
        set
        {
            Volatile.Write(ref _settings, value);
            if (value.FlushInterval is { } interval && !IsDamaged)
            {
                // A call that the old settings have scheduled may be days off; an extra call does no harm.
                _background.Schedule(this, interval);
            }
        }
    }

    TimeSpan? IFlushControl.FlushInterval => Settings.FlushInterval;

    SegmentShape ISpareTaker.NextShape => Settings.Shape;

    bool ISpareTaker.TryOffer(SpareSegment spare) => Writer.TryOffer(spare);

    /// <inheritdoc/>
    public override long StartOffset => Known(_state.LogStart);

    /// <inheritdoc/>
    public override long PublishedEnd => Known(_state.PublishedEnd);

    /// <inheritdoc/>
    public override long DurableEnd => Known(_groupCommit.DurableEnd);

    /// <summary>Why appends fail, or null.</summary>
    public EmbeddedLogException? Failure => _state.Failure;

    /// <inheritdoc/>
    public override bool HaveFlushesEnded => _state.Failure is not null || _groupCommit.IsStopped;

    /// <summary>Whether the topic was deleted.</summary>
    public bool IsDeleted => _state.IsDeleted;

    /// <inheritdoc/>
    public override Exception ClosedError() => _state.ClosedError(Id);

    /// <inheritdoc/>
    public override void ThrowIfClosed()
    {
        base.ThrowIfClosed();
        ThrowIfDamaged();
    }

    /// <summary>The exception for a use of a damaged partition, one for each caller; null if it is none.</summary>
    public Exception? DamageError() => Damage is not { } damage ? null
        : IsClosed ? ClosedError()
        : DamageFile.Copy(damage.Failure);

    /// <summary>Makes it durable that the partition is damaged, before anything of the log goes on.</summary>
    public void KeepDamage(FileSystem files) => Damage?.Keep(files, _identity);

    /// <inheritdoc/>
    public override SegmentList Segments => _state.Segments;

    /// <inheritdoc/>
    public override long SizeBytes
    {
        get
        {
            ThrowIfDamaged();
            SegmentList segments = Segments;
            long bytes = 0;
            foreach (Segment segment in segments.Items)
            {
                long end = segment.EndPosition;
                bytes += end == long.MaxValue ? Writer.TailPosition : end;
            }

            return bytes;
        }
    }

    /// <summary>Appends a record; when it returns, the record is <see cref="Durability.Written"/>.</summary>
    /// <param name="record">The record.</param>
    /// <param name="timestamp">The timestamp that it was given.</param>
    /// <returns>The record's offset.</returns>
    public long Append(in RawRecord record, out long timestamp) => Append(record, RecordSize.Of(record), out timestamp);

    /// <summary>Appends a record that was measured.</summary>
    /// <param name="record">The record.</param>
    /// <param name="size">Its size.</param>
    /// <param name="timestamp">The timestamp that it got.</param>
    /// <param name="account">Where the append is counted.</param>
    /// <returns>The record's offset.</returns>
    public long Append(in RawRecord record, in RecordSize size, out long timestamp, AppendAccount? account = null)
    {
        long began = BeginAppend();
        PartitionSettings settings = Settings;
        AppendRules.CheckSize(Id, settings, size.ContentBytes);
        long now = _clock.Now;
        timestamp = AppendRules.Timestamp(Id, settings, record.Timestamp, now);
        long offset = Writer.Append(record, size, timestamp, now, settings, account);
        if (began != 0)
        {
            _telemetry.NoteAppend(began);
        }

        AfterAppend(settings);
        return offset;
    }

    /// <summary>
    /// Appends a record that was measured, and flushes it: <paramref name="pending"/> is released when the record is on
    /// the disk, or with the reason why it never will be.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="size">Its size.</param>
    /// <param name="pending">The waiter. Not released if this throws, because nothing was appended then.</param>
    /// <param name="account">Where the append is counted.</param>
    public void Append(in RawRecord record, in RecordSize size, PendingAppend pending, AppendAccount account)
    {
        long offset = Append(record, size, out long timestamp, account);
        pending.Target = offset + 1;
        pending.NoteAppended(offset, timestamp);
        _groupCommit.AddAndRequest(pending);
    }

    /// <summary>
    /// Appends all records of a batch as one; when it returns, they are <see cref="Durability.Written"/>.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="timestamp">The timestamp of the records without one of their own.</param>
    /// <param name="account">Where the append is counted.</param>
    /// <returns>The offset of the first record; the others follow it.</returns>
    public long Append(RecordBatch batch, out long timestamp, AppendAccount? account = null)
    {
        long began = BeginAppend();
        PartitionSettings settings = Settings;
        AppendRules.CheckBatch(Id, settings, batch);
        long now = _clock.Now;
        timestamp = AppendRules.BatchTimestamp(Id, settings, batch, now, out long maxTimestamp);
        long offset = Writer.Append(batch, timestamp, maxTimestamp, now, settings, account);
        if (began != 0)
        {
            _telemetry.NoteAppend(began);
        }

        AfterAppend(settings);
        return offset;
    }

    /// <summary>Throws what an append of the batch would throw because of its records.</summary>
    public void Check(RecordBatch batch)
    {
        PartitionSettings settings = Settings;
        AppendRules.CheckBatch(Id, settings, batch);
        AppendRules.BatchTimestamp(Id, settings, batch, _clock.Now, out _);
    }

    /// <summary>Notes that a thread, perhaps one of the pool, is going to block for a flush.</summary>
    public void EnterBlocked() => _queue.EnterBlocked();

    /// <summary>Notes that the thread does not block any more.</summary>
    public void LeaveBlocked() => _queue.LeaveBlocked();

    /// <summary>Waits until everything below <paramref name="upTo"/> is <see cref="Durability.Flushed"/>.</summary>
    public ValueTask FlushAsync(long upTo, CancellationToken cancellationToken) =>
        _flushes.WaitAsync(upTo, cancellationToken);

    /// <summary>The same for the log's own work, which goes on even if all threads of the pool are blocked.</summary>
    public ValueTask FlushAssuredAsync(long upTo, CancellationToken cancellationToken) =>
        _flushes.WaitAsync(upTo, cancellationToken, assured: true);

    /// <summary>The same, but blocks the calling thread, which is woken without the pool.</summary>
    public void Flush(long upTo) => _flushes.Wait(upTo);

    /// <inheritdoc/>
    public override void ThrowIfFlushesFailed()
    {
        if (_state.Failure is not null)
        {
            throw _state.UnusableError(Id);
        }
    }

    /// <inheritdoc/>
    public override void AddFlushWaiter(OffsetWaiter waiter) => _groupCommit.AddWaiter(waiter);

    /// <inheritdoc/>
    public override bool RemoveFlushWaiter(OffsetWaiter waiter) => _groupCommit.Waiters.Remove(waiter);

    /// <summary>
    /// The present epoch, whatever the record at the offset: all records below were durable when the epoch began, or
    /// were appended in it.
    /// </summary>
    public override uint EpochBelow(long offset) => Epoch;

    /// <inheritdoc/>
    public override long EndOfEpoch(uint epoch) => _state.EndOfEpoch(epoch, Epoch);

    /// <summary>Requests a flush of all appends so far.</summary>
    public void RequestFlush() => _groupCommit.TryRequest();

    /// <summary>Runs at the scheduled time: flushes old records, and schedules a checkpoint.</summary>
    public void RunInBackground()
    {
        // Reset first: a later append schedules the next call. An append publishes and then reads the flag, without a
        // fence in between; the fence here makes sure that one of the two sees what the other did.
        Volatile.Write(ref _scheduled, 0);
        Interlocked.MemoryBarrierProcessWide();
        bool isDurable = DurableEnd == PublishedEnd;
        bool isOwed = Interlocked.Exchange(ref _retries, 0) != 0;
        if (!isDurable && (isOwed || Settings.FlushInterval is not null))
        {
            _groupCommit.TryRequest();
        }

        if (Settings.FlushInterval is not null || isDurable)
        {
            _checkpoints.Schedule();
        }
    }

    /// <summary>Fails the partition if its directory is gone; deletes files that could not be deleted before.</summary>
    public void TendFiles() => _trimmer.TendFiles();

    /// <summary>Repeats later what the flusher could not do.</summary>
    public void RetryFlush()
    {
        Volatile.Write(ref _retries, 1);
        Schedule(CheckpointSchedule.Delay);
    }

    /// <summary>Requests a checkpoint for when appends pause.</summary>
    public void RequestCheckpoint() => _checkpoints.Schedule();

    /// <summary>
    /// Removes the records below an offset, as far as they are durable: the start of the log moves at once, files go
    /// segment by segment. For records that are not durable yet it requests a flush; call again afterwards.
    /// </summary>
    /// <returns>How many segments were removed.</returns>
    /// <exception cref="PartitionFailedException">The new start could not be made durable.</exception>
    public int DeleteBefore(long offset)
    {
        ThrowIfDamaged();
        return _trimmer.DeleteBefore(offset);
    }

    /// <summary>
    /// Ends appends, flushes, and closes the files. Returns whether everything is on the disk and marked so, which lets
    /// the next opening trust it.
    /// </summary>
    public ValueTask<bool> CloseAsync(WaitMode how = default) => _closing.RunAsync(how);

    /// <summary>The state of the partition after a clean close.</summary>
    public ClosedPartition DescribeClosed() => ClosedPartition.From(
        TopicUid,
        Id.Partition,
        _files.Checkpoint.Current!.Value,
        ClosedPartition.Digest(_files.Manifest.LogStartOffset, _files.Manifest.Segments));

    /// <summary>Marks the topic as deleted, before the partition is closed for that.</summary>
    public void MarkDeleted() => _state.IsDeleted = true;

    /// <summary>Publishes for followers that the partition is gone. Only after it was closed.</summary>
    public void Forget() => _control.Return(_state.Slot);

    /// <summary>Closes the files of a partition whose log does not open, without another write.</summary>
    public void Abandon() => _closing.Abandon();

    /// <summary>An offset of the state; a damaged partition has none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long Known(long offset)
    {
        if (offset == RecoveredPartition.NoOffset)
        {
            ThrowIfDamaged();
        }

        return offset;
    }

    private void ThrowIfDamaged()
    {
        if (DamageError() is { } damaged)
        {
            throw damaged;
        }
    }

    /// <summary>
    /// The time at which an append begins; zero where nobody wants it, or the caller holds locks, under which no
    /// listener may be called.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long BeginAppend() => _appendTimes.IsOn && !_appendsUnderLocks ? Stopwatch.GetTimestamp() : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AfterAppend(PartitionSettings settings)
    {
        if (Volatile.Read(ref _scheduled) == 0)
        {
            Schedule(settings.FlushInterval ?? CheckpointSchedule.Delay);
        }

        // Late, because a consumer may go on inside this call.
        if (AppendWaiters.HasAny)
        {
            AppendWaiters.ReleaseUpTo(PublishedEnd);
            Writer.EnterNextPage();
        }
    }

    private void Schedule(TimeSpan delay)
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            if (_appendsUnderLocks)
            {
                _background.ScheduleUnderLock(this, delay);
            }
            else
            {
                _background.Schedule(this, delay);
            }
        }
    }
}
