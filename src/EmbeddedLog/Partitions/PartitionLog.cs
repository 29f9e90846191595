using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Errors;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Partitions.Flushing;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Safety;
using EmbeddedLog.Segments.Preparing;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions;

/// <summary>
/// One partition: an ordered, append-only sequence of records in segments. All members are safe to call from any
/// thread, also while another closes the log.
/// </summary>
internal sealed class PartitionLog : ReadablePartition, IBackgroundTask
{
    private readonly PartitionIdentity _identity;
    private readonly PartitionState _state;
    private readonly PartitionFiles _files;
    private readonly GroupCommit _commit;
    private readonly PartitionTrimmer _trimmer;
    private readonly CheckpointSchedule _checkpoints;

    /// <summary>Replaced as a whole when the topic's options change; read by every append.</summary>
    private PartitionSettings _settings;

    /// <summary>One while a background call is due in time for the next append. Appends exchange it.</summary>
    private int _scheduled;

    /// <summary>One while a flush that could not be made is owed. Set by the flusher, taken by the call.</summary>
    private int _retries;

    public PartitionLog(
        StorageContext context, PartitionIdentity identity, PartitionSettings settings, RecoveredPartition recovered)
        : base(context, identity.Id)
    {
        Epoch = recovered.Epoch;
        Recovery = recovered.Report;
        _identity = identity;
        _settings = settings;
        _files = recovered.Files;
        _state = new PartitionState(
            recovered.Segments,
            recovered.End.Offset,
            recovered.LogStart,
            context.Control.Rent(identity.TopicUid, identity.Id.Partition));
        _state.Slot.NoteDurable(recovered.End.Offset);
        _commit = new GroupCommit(this, _state, recovered.End);
        Preparer = new SegmentPreparer(context, identity, recovered.NextSequence) { Log = this };
        Writer = new PartitionWriter(context, identity, _state, Preparer, recovered);
        _trimmer = new PartitionTrimmer(this);
        _checkpoints = new CheckpointSchedule(this);
    }

    /// <summary>Makes files and pages ready ahead of appends.</summary>
    public SegmentPreparer Preparer { get; }

    /// <summary>The topic's uid.</summary>
    public ulong TopicUid => _identity.TopicUid;

    /// <summary>The epoch of what is appended now; it grows with every opening that was not clean.</summary>
    public uint Epoch { get; }

    /// <summary>What the opening kept and what it did not.</summary>
    public PartitionRecoveryReport Recovery { get; }

    /// <summary>The partition's directory.</summary>
    public string Directory => _identity.Directory;

    /// <summary>Its manifest and its checkpoint.</summary>
    public PartitionFiles Files => _files;

    /// <summary>The side that holds the append lock.</summary>
    public PartitionWriter Writer { get; }

    /// <summary>
    /// What the topic's options say; what is set applies from the next append on, and to what is not flushed.
    /// </summary>
    public PartitionSettings Settings
    {
        get => Volatile.Read(ref _settings);
        set
        {
            Volatile.Write(ref _settings, value);
            if (value.FlushInterval is { } interval)
            {
                // A call that is scheduled by the settings before may be days off; one too many does nothing.
                Context.Background.Schedule(this, interval);
            }
        }
    }

    /// <inheritdoc/>
    public override long StartOffset => _state.LogStart;

    /// <inheritdoc/>
    public override long PublishedEnd => _state.PublishedEnd;

    /// <inheritdoc/>
    public override long DurableEnd => _commit.DurableEnd;

    /// <summary>Why nothing can be appended any more, or null.</summary>
    public EmbeddedLogException? Failure => _state.Failure;

    /// <summary>Whether the topic was deleted.</summary>
    public bool IsDeleted => _state.IsDeleted;

    /// <inheritdoc/>
    public override Exception ClosedError() =>
        _state.IsDeleted ? PartitionErrors.Deleted(Id) : base.ClosedError();

    /// <inheritdoc/>
    public override SegmentList Segments => _state.Segments;

    /// <inheritdoc/>
    public override long SizeBytes
    {
        get
        {
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
    /// <param name="size">What it measures.</param>
    /// <param name="timestamp">The timestamp that it was given.</param>
    /// <param name="account">Where the append is counted.</param>
    /// <returns>The record's offset.</returns>
    public long Append(in RawRecord record, in RecordSize size, out long timestamp, AppendAccount? account = null)
    {
        PartitionSettings settings = Settings;
        AppendRules.CheckSize(Id, settings, size.ContentBytes);
        long now = Context.Clock.Now;
        timestamp = AppendRules.Timestamp(Id, settings, record.Timestamp, now);
        long offset = Writer.Append(record, size, timestamp, now, settings, account);
        AfterAppend(settings);
        return offset;
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
        PartitionSettings settings = Settings;
        AppendRules.CheckBatch(Id, settings, batch);
        long now = Context.Clock.Now;
        timestamp = AppendRules.BatchTimestamp(Id, settings, batch, now, out long maxTimestamp);
        long offset = Writer.Append(batch, timestamp, maxTimestamp, now, settings, account);
        AfterAppend(settings);
        return offset;
    }

    /// <summary>Waits until everything below <paramref name="upTo"/> is <see cref="Durability.Flushed"/>.</summary>
    public ValueTask FlushAsync(long upTo, CancellationToken cancellationToken) =>
        _commit.WaitAsync(upTo, cancellationToken);

    /// <summary>The same for the log's own work, which goes on even where all threads of the pool are held.</summary>
    public ValueTask FlushAssuredAsync(long upTo, CancellationToken cancellationToken) =>
        _commit.WaitAsync(upTo, cancellationToken, assured: true);

    /// <summary>The same, but blocks the calling thread, which is woken without the pool.</summary>
    public void Flush(long upTo) => _commit.Wait(upTo);

    /// <summary>
    /// Adds somebody to be released once the durable end reaches the waiter's target, or never will. Asks for no flush.
    /// </summary>
    public void AddFlushWaiter(OffsetWaiter waiter) => _commit.AddWaiter(waiter);

    /// <summary>
    /// The offset behind the last record of an epoch, as far as it survived: what was committed beyond it in that epoch
    /// was lost, and its offsets were given to other records.
    /// </summary>
    public long EndOfEpoch(uint epoch)
    {
        SegmentList segments = Segments;
        foreach (Segment segment in segments.Items)
        {
            if (segment.Entry.Epoch > epoch)
            {
                return segment.BaseOffset;
            }
        }

        return epoch < Epoch && segments.Last is { } last && last.Entry.Epoch <= epoch ? last.EndOffset : PublishedEnd;
    }

    /// <summary>Asks for a round of flushing, of what was appended so far.</summary>
    public void RequestFlush() => _commit.TryRequest();

    /// <summary>Does what the schedule called for: flushes what is old, and sees to a checkpoint.</summary>
    public void RunInBackground()
    {
        // Reset first: an append from here on schedules the next call. An append publishes and then looks at the flag,
        // with no fence in between; this one makes sure that one of the two sees what the other did.
        Volatile.Write(ref _scheduled, 0);
        Interlocked.MemoryBarrierProcessWide();
        bool isDurable = DurableEnd == PublishedEnd;
        bool isOwed = Interlocked.Exchange(ref _retries, 0) != 0;
        if (!isDurable && (isOwed || Settings.FlushInterval is not null))
        {
            _commit.TryRequest();
        }

        if (Settings.FlushInterval is not null || isDurable)
        {
            _checkpoints.Schedule();
        }
    }

    /// <summary>Flushes the segments of a plan, oldest first. Only by the flusher.</summary>
    public void FlushSegments(FlushPlan plan)
    {
        foreach ((SegmentWriter writer, long tail) in plan.Targets)
        {
            Preparer.Pages.PrepareFlush(writer, tail);
            if (Protections.PreviousSegmentFlush || writer == plan.Targets[^1].Writer)
            {
                FlushSegment(writer, tail);
            }
        }
    }

    /// <summary>
    /// Adds the segments of a plan to what is flushed together with other partitions'; their files stay open until
    /// <see cref="EndJoined"/>. False, and nothing is added, where one is closed already. Only by the flusher.
    /// </summary>
    public bool TryJoin(FlushPlan plan, List<FileFlush> flushes)
    {
        int before = flushes.Count;
        foreach ((SegmentWriter writer, long tail) in plan.Targets)
        {
            if (writer.File.TryUse() is not { } file)
            {
                Release(plan, flushes.Count - before);
                flushes.RemoveRange(before, flushes.Count - before);
                return false;
            }

            flushes.Add(new FileFlush(file, writer.FlushedEnd, tail - writer.FlushedEnd));
            Preparer.Pages.PrepareFlush(writer, tail);
        }

        return true;
    }

    /// <summary>Gives the files back; throws what the flushes of <see cref="TryJoin"/> ended in.</summary>
    /// <exception cref="FileSystemException">One has failed.</exception>
    public static void EndJoined(FlushPlan plan, ReadOnlySpan<FileFlush> flushes)
    {
        Release(plan, flushes.Length);
        foreach (ref readonly FileFlush flush in flushes)
        {
            if (flush.Failure is { } failure)
            {
                throw failure;
            }
        }
    }

    /// <summary>
    /// Looks whether the directories of the log and of the partition are where they belong; what is the matter if not.
    /// </summary>
    public LogDirectoryException? FindGone() =>
        Context.Watch?.Look() ?? (_files.Manifest.IsInPlace() ? null : PartitionErrors.Gone(Id, Directory));

    /// <summary>Fails the partition where its directory is gone; deletes what could not be deleted before.</summary>
    public void TendFiles() => _trimmer.TendFiles();

    /// <summary>Carries out what is left of a plan once its segments are flushed. Only by the flusher.</summary>
    public void EndFlush(FlushPlan plan)
    {
        // Once it is known, nothing more is acknowledged; it is looked at where names are flushed.
        if ((plan.SyncDirectory ? FindGone() : Context.Watch?.Failure) is { } gone)
        {
            throw gone;
        }

        // A record in a segment that a power loss makes nameless, or unlisted, was not flushed.
        FlushManifest();
        if (Protections.DirectorySync && plan.SyncDirectory)
        {
            Context.Platform.Files.SyncDirectory(_identity.Directory);
        }

        if (Writer.NoteFlushed(plan) is { } large)
        {
            Preparer.Pages.Shrink(large);
        }
    }

    /// <summary>Makes the list of segments and the log's start durable.</summary>
    /// <exception cref="FileSystemException">It failed: for good where that was a flush.</exception>
    public void FlushManifest() => _files.Manifest.Flush();

    /// <summary>
    /// Writes a checkpoint of what was flushed, where that is not what the last one says. Only by the flusher.
    /// </summary>
    /// <exception cref="FileSystemException">It failed: for good where that was a flush.</exception>
    public void WriteCheckpoint(in DurablePoint durable, bool clean)
    {
        if (FindGone() is { } gone)
        {
            throw gone;
        }

        // A start that the checkpoint tells of is in the manifest, on the disk: a lower one there is damage.
        long start = StartOffset;
        FlushManifest();
        ulong generation = _files.Checkpoint.Generation;
        Checkpoint next = new(
            generation, durable.Offset, durable.Sequence, durable.Uid, durable.Position, start, Epoch, clean);

        // Where they are equal, the opening took it from a clean close, or wrote it: it is on the disk.
        if (_files.Checkpoint.Current is not { } last || last with { WrittenAt = 0 } != next)
        {
            _files.Checkpoint.Write(next with { WrittenAt = UtcNow });
        }
    }

    /// <summary>Whether a checkpoint was asked for; asks only once.</summary>
    public bool TakeCheckpointRequest() => _checkpoints.TakeRequest();

    /// <summary>Has what the flusher could not do done later.</summary>
    public void RetryFlush()
    {
        Volatile.Write(ref _retries, 1);
        Schedule(CheckpointSchedule.Delay);
    }

    /// <summary>Has a checkpoint written once appends pause.</summary>
    public void RequestCheckpoint() => _checkpoints.Schedule();

    /// <summary>Ends all appending after a flush failed; returns the reason that stands.</summary>
    public EmbeddedLogException Fail(Exception cause)
    {
        EmbeddedLogException failure = Writer.Fail(cause);
        StorageLog.PartitionFailed(Context.Logger, cause, Id);
        return failure;
    }

    /// <summary>
    /// Removes the records below an offset, as far as they are durable: the start of the log moves at once, files go
    /// segment by segment. For what is not durable yet it asks for a flush; call again when that is done.
    /// </summary>
    /// <returns>How many segments were removed.</returns>
    /// <exception cref="PartitionFailedException">The new start could not be made durable.</exception>
    public int DeleteBefore(long offset)
    {
        long start = StartOffset;
        int removed = _trimmer.DeleteBefore(offset);
        if (StartOffset != start)
        {
            // A checkpoint that tells of the new start lets a later opening notice when the manifest has lost it.
            RequestCheckpoint();
        }

        return removed;
    }

    /// <summary>
    /// Ends appends, flushes, and closes the files. Returns whether all is on the disk and told so, which lets the next
    /// opening trust it.
    /// </summary>
    public async ValueTask<bool> CloseAsync(Waiting how = default)
    {
        ClosingSteps steps = new();
        bool clean = false;
        Segment? active = null;
        steps.Do(Writer.Close);
        await steps.DoAsync(() => how.For(_trimmer.StopAsync())).ConfigureAwait(false);
        await steps.DoAsync(() => _commit.WaitLastAsync(how)).ConfigureAwait(false);
        await steps.DoAsync(() => _commit.StopAsync(how)).ConfigureAwait(false);
        await steps.DoAsync(() => how.For(Preparer.StopAsync())).ConfigureAwait(false);
        steps.Do(() => clean = _commit.TryWriteCleanCheckpoint());
        steps.Do(() => active = Writer.Release());
        if (clean)
        {
            steps.Do(() => active?.Index.Save());
        }

        steps.Do(Preparer.DiscardSpare);
        steps.Do(() => CloseToReaders(ClosedError()));
        RemoveSegments(steps);
        steps.Do(_trimmer.DeleteUndeleted);
        steps.Do(_files.Dispose);
        steps.ThrowIfAny();
        return clean;
    }

    /// <summary>How the partition stands, after a close that was clean.</summary>
    public ClosedPartition DescribeClosed() => ClosedPartition.From(
        TopicUid,
        Id.Partition,
        _files.Checkpoint.Current!.Value,
        ClosedPartition.Digest(_files.Manifest.LogStartOffset, _files.Manifest.Segments));

    /// <summary>Says that the topic is deleted, before the partition is closed for it.</summary>
    public void MarkDeleted() => _state.IsDeleted = true;

    /// <summary>Tells followers that the partition is gone. Only after it was closed.</summary>
    public void Forget() => Context.Control.Return(_state.Slot);

    /// <summary>Closes the files of a partition that was opened for nothing, without another write.</summary>
    public void Abandon()
    {
        ClosingSteps steps = new();
        steps.Do(Writer.Close);
        steps.Do(() => CloseToReaders(SharedErrors.Disposed()));
        steps.Do(() => Writer.Release());
        RemoveSegments(steps);
        steps.Do(_files.Dispose);
        steps.ThrowIfAny();
    }

    private void RemoveSegments(ClosingSteps steps)
    {
        SegmentList segments = Segments;
        foreach (Segment segment in segments.Items)
        {
            steps.Do(segment.Remove);
        }
    }

    private long UtcNow => Context.Platform.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private static void Release(FlushPlan plan, int count)
    {
        foreach ((SegmentWriter writer, _) in CollectionsMarshal.AsSpan(plan.Targets)[..count])
        {
            writer.File.Release();
        }
    }

    private static void FlushSegment(SegmentWriter writer, long tail)
    {
        if (writer.File.TryUse() is not { } file)
        {
            // Retention gives up the file of what it has removed, also after a plan was made.
            if (writer.Segment.IsRemoved)
            {
                return;
            }

            throw SharedErrors.Disposed();
        }

        try
        {
            file.Flush(writer.FlushedEnd, tail - writer.FlushedEnd);
        }
        finally
        {
            writer.File.Release();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AfterAppend(PartitionSettings settings)
    {
        if (Volatile.Read(ref _scheduled) == 0)
        {
            Schedule(settings.FlushInterval ?? CheckpointSchedule.Delay);
        }

        // Late, for a consumer may go on right here.
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
            Context.ScheduleAfterAppend(this, delay);
        }
    }
}
