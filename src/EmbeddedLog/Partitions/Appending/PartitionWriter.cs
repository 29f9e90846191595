using System.Diagnostics;
using System.Runtime.CompilerServices;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Flushing;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Index;
using EmbeddedLog.Segments.Preparing;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Segments.Writing;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>
/// Appends to a partition: one frame at a time, under one short lock. No reader takes this lock, and no flush runs
/// under it.
/// </summary>
/// <remarks>
/// The failure policy: an append that throws has published nothing and changed nothing for readers or recovery, and the
/// next one may succeed (a full disk, say). Only a failed flush is final, see <see cref="GroupCommit"/>.
/// </remarks>
internal sealed unsafe class PartitionWriter
{
    private readonly PartitionIdentity _identity;
    private readonly PartitionState _state;
    private readonly SegmentPreparer _preparer;
    private readonly NextSegment _next;
    private readonly IFlushControl _control;
    private readonly ILogger _logger;

    /// <summary>The append lock.</summary>
    private readonly AppendLock _gate = new();

    /// <summary>
    /// The segment that is written to, or null until the first append needs one. Under the append lock.
    /// </summary>
    private SegmentWriter? _writer;

    /// <summary>The index of that segment. Under the append lock.</summary>
    private SegmentIndexBuilder? _index;

    /// <summary>When its first record was appended. Under the append lock.</summary>
    private long _startedAt;

    /// <summary>Writers with bytes that may not be flushed, oldest first. Under the append lock.</summary>
    private readonly UnflushedSegments _unflushed = new();

    /// <summary>The end of the last flush. Written by the flusher under the append lock.</summary>
    private long _durableEnd;

    /// <summary>Set once by closing. Under the append lock.</summary>
    private bool _closed;

    public PartitionWriter(
        PartitionIdentity identity,
        PartitionState state,
        Manifest manifest,
        SegmentPreparer preparer,
        NextSegment next,
        IFlushControl control,
        ILogger logger,
        ActiveSegment? active,
        long durableEnd)
    {
        _identity = identity;
        _state = state;
        _preparer = preparer;
        _next = next;
        _control = control;
        _logger = logger;
        _durableEnd = durableEnd;
        if (active is not null)
        {
            _writer = active.Writer;
            _index = active.Index;
            _startedAt = active.StartedAt;
            _unflushed.AddUnsynchronized(active.Writer, nameIsDurable: true);
        }

        Start = new LogStartMove(identity, state, manifest, this, _unflushed);
    }

    /// <summary>Moves the log's start, under the same lock.</summary>
    public LogStartMove Start { get; }

    /// <summary>Whether appends have ended. Under the append lock.</summary>
    public bool IsClosedUnsynchronized => _closed;

    /// <summary>Enters the append lock, for other classes.</summary>
    public AppendLock.Scope Enter()
    {
        AppendLock.Scope held = _gate.Enter();
        AssertInvariantsUnsynchronized();
        return held;
    }

    /// <summary>Appends a frame with one record and returns its offset.</summary>
    public long Append(
        in RawRecord record, in RecordSize size, long timestamp, long now, PartitionSettings settings,
        AppendAccount? account)
    {
        int length = (int)size.FrameLength;
        int kind = (int)FrameType.Record | (settings.AppendTime ? FrameLayout.AppendTimeBit : 0);
        using AppendLock.Scope held = _gate.Enter();
        AssertInvariantsUnsynchronized();
        try
        {
            byte* frame = BeginUnsynchronized(length, now, settings, out SegmentWriter writer);
            long offset = _state.PublishedEnd;
            FrameHeader.Write(
                frame, kind, size.Flags(record), (uint)(offset - writer.Segment.BaseOffset), timestamp, LagOf(offset));
            uint crc = FrameCrc.Begin(writer.Segment.CrcSeed, writer.Tail, length);
            crc = FrameCrc.Append(crc, frame + FrameLayout.KindAt, FrameLayout.HeaderBytes - FrameLayout.KindAt);
            crc = RecordEncoder.WriteSingle(frame, record, size, crc, FrameLayout.Padded(length));
            CommitUnsynchronized(writer, frame, length, timestamp, FrameCrc.Finish(crc));
            _state.PublishedEnd = offset + 1;
            account?.AddUnsynchronized(FrameLayout.Padded(length));
            return offset;
        }
        catch (FileSystemException failure)
        {
            throw FileErrors.Translate(failure, _identity.Id, isOpen: true);
        }
    }

    /// <summary>Appends a frame with all records of a batch and returns the first one's offset.</summary>
    public long Append(
        RecordBatch batch, long timestamp, long maxTimestamp, long now, PartitionSettings settings,
        AppendAccount? account)
    {
        int length = AppendRules.FrameLength(batch);
        int kind = (int)FrameType.Batch | (settings.AppendTime ? FrameLayout.AppendTimeBit : 0);
        using AppendLock.Scope held = _gate.Enter();
        AssertInvariantsUnsynchronized();
        try
        {
            byte* frame = BeginUnsynchronized(length, now, settings, out SegmentWriter writer);
            long offset = _state.PublishedEnd;
            uint offsetDelta = (uint)(offset - writer.Segment.BaseOffset);
            FrameHeader.Write(frame, kind, FrameFlags.None, offsetDelta, timestamp, LagOf(offset));
            byte* at = BatchFrame.WritePrelude(frame + FrameLayout.HeaderBytes, batch.Count, maxTimestamp);
            batch.Encoded.CopyTo(new Span<byte>(at, batch.Bytes));
            uint crc = FrameCrc.Compute(writer.Segment.CrcSeed, writer.Tail, frame, length);
            CommitUnsynchronized(writer, frame, length, maxTimestamp, crc);
            _state.PublishedEnd = offset + batch.Count;
            account?.AddUnsynchronized(FrameLayout.Padded(length));
            return offset;
        }
        catch (FileSystemException failure)
        {
            throw FileErrors.Translate(failure, _identity.Id, isOpen: true);
        }
    }

    /// <summary>
    /// Makes the next append quick. Called after an append that woke a waiter, and so was not one of many.
    /// </summary>
    public void EnterNextPage()
    {
        using (Enter())
        {
            if (_state.Failure is null)
            {
                _writer?.EnterNextPage();
            }
        }
    }

    /// <summary>Gives back the role of following up an account.</summary>
    public void Leave(AppendAccount account)
    {
        using (Enter())
        {
            account.LeaveUnsynchronized();
        }
    }

    /// <summary>
    /// Plans the flush that makes the log durable up to its present end; false if there is nothing to flush.
    /// </summary>
    /// <param name="plan">The plan to fill.</param>
    /// <param name="last">Whether no append follows: an empty new segment then counts too.</param>
    public bool TryPlanFlush(FlushPlan plan, bool last = false)
    {
        plan.Targets.Clear();
        plan.Bytes = 0;
        using (Enter())
        {
            if (_writer is null || (_state.PublishedEnd == _durableEnd && !last))
            {
                return false;
            }

            _unflushed.PlanUnsynchronized(plan, _state.PublishedEnd);
            return true;
        }
    }

    /// <summary>The present state of the partition, for a copy; null once it is closed.</summary>
    public CapturedPartition? Capture()
    {
        using (Enter())
        {
            return _closed ? null : CapturedPartition.Of(_state, _writer?.Tail);
        }
    }

    /// <summary>
    /// Notes that a plan was carried out; segments that have ended and are flushed close their files.
    /// </summary>
    /// <returns>The writer that is to go back to small pages, or null.</returns>
    public MappedSegmentWriter? NoteFlushed(FlushPlan plan)
    {
        using (Enter())
        {
            _durableEnd = plan.End.Offset;
            _unflushed.NoteFlushedUnsynchronized(plan, _writer, _preparer);
            return _preparer.NoteFlushUnsynchronized(plan.Bytes, _writer) ? (MappedSegmentWriter?)_writer : null;
        }
    }

    /// <summary>Ends all appending for good after a failed flush; returns the first reason.</summary>
    public EmbeddedLogException Fail(Exception cause)
    {
        EmbeddedLogException failure;
        using (Enter())
        {
            failure = _state.Failure ??= PartitionErrors.Failed(_identity.Id, cause);
        }

        StorageLog.PartitionFailed(_logger, cause, _identity.Id);
        return failure;
    }

    /// <summary>Ends appending. <see cref="Release"/> closes the files, when the last flush is over.</summary>
    public void Close()
    {
        using (Enter())
        {
            _closed = true;
        }
    }

    /// <summary>The end of the active segment's contents; zero if there is no segment.</summary>
    public long TailPosition
    {
        get
        {
            using (Enter())
            {
                return _writer?.Tail ?? 0;
            }
        }
    }

    /// <summary>Closes the files after <see cref="Close"/>; returns the active segment.</summary>
    public Segment? Release()
    {
        using (Enter())
        {
            Segment? active = _writer?.Segment;
            _unflushed.CloseUnsynchronized();
            if (_writer is not null)
            {
                // Readers inside go on up to the end; their file is complete.
                SegmentSeal.EndUnsynchronized(_writer, _index!, _state.PublishedEnd);
                _writer = null;
            }

            return active;
        }
    }

    /// <summary>Ends the segment that is written to, if it has records, so that retention can remove it.</summary>
    public void Roll(PartitionSettings settings, long now)
    {
        using (Enter())
        {
            if (_state.Failure is null && !_closed && _writer is not null
                && _state.PublishedEnd > _writer.Segment.BaseOffset)
            {
                RollUnsynchronized(settings, now);
            }
        }
    }

    /// <summary>Takes a spare that was made ahead; false if it is not wanted any more.</summary>
    public bool TryOffer(SpareSegment spare)
    {
        using (Enter())
        {
            // Sequences rise along the log, so a spare with a lower sequence than the present segment is of no use.
            return !_closed && _state.Failure is null
                && !(spare.Sequence < _writer?.Segment.Entry.Sequence)
                && _preparer.TryKeepUnsynchronized(spare);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* BeginUnsynchronized(int length, long now, PartitionSettings settings, out SegmentWriter writer)
    {
        if (_state.Failure is not null || _closed)
        {
            ThrowUnusable();
        }

        int padded = FrameLayout.Padded(length);
        SegmentWriter? current = _writer;
        if (current is null
            || SegmentRollPolicy.Ends(current, padded, _startedAt, now, _state.PublishedEnd, settings))
        {
            current = RollUnsynchronized(settings, now);
        }

        if (_state.PublishedEnd == current.Segment.BaseOffset)
        {
            _startedAt = now;
        }

        writer = current;
        byte* frame = current.Begin(padded);

        // The checksum covers the padding; the record's last bytes overwrite the rest of this word.
        *(ulong*)(frame + padded - sizeof(ulong)) = 0;
        return frame;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CommitUnsynchronized(SegmentWriter writer, byte* frame, int length, long maxTimestamp, uint crc)
    {
        long position = writer.Tail;
        FrameHeader.WriteCrc(frame, crc);
        writer.Commit(length);
        _index!.Note((uint)(_state.PublishedEnd - writer.Segment.BaseOffset), position, maxTimestamp);
        if (writer.Tail >= _preparer.NextLook)
        {
            _preparer.LookUnsynchronized(writer);
        }
    }

    /// <summary>
    /// Goes on in a new segment. When it throws, nothing has changed, except that a spare file may be kept for next
    /// time.
    /// </summary>
    private SegmentWriter RollUnsynchronized(PartitionSettings settings, long now)
    {
        SegmentWriter? previous = _writer;
        try
        {
            SegmentWriter next = _next.MakeUnsynchronized(previous, settings, now, out SpareSegment spare);
            if (previous is not null)
            {
                long end = _state.PublishedEnd;
                SegmentSeal.WriteUnsynchronized(previous, _index!, end, LagOf(end));

                if (!_unflushed.CanWaitUnsynchronized(settings))
                {
                    // Only queued here: no flush is made under this lock.
                    _control.RequestFlush();
                }
            }

            SegmentIndexBuilder index = new(spare.Index);
            next.Segment.Index.Set(index);
            _unflushed.AddUnsynchronized(next, spare.NameIsDurable);
            _state.Segments = _state.Segments.With(next.Segment);
            _state.Slot.NoteChange();
            _index = index;
            _writer = next;
            _preparer.BeginUnsynchronized(next);
            return next;
        }
        catch (FileSystemException failure)
        {
            throw FileErrors.Translate(failure, _identity.Id, isOpen: true);
        }
    }

    private ushort LagOf(long offset) => DurableLag.Encode(offset - _durableEnd);

    private void ThrowUnusable() => throw _state.UnusableError(_identity.Id);

    /// <summary>Checks what must hold when the append lock is free.</summary>
    [Conditional("DEBUG")]
    private void AssertInvariantsUnsynchronized()
    {
        Debug.Assert(_durableEnd <= _state.PublishedEnd, "The durable end is behind the published one.");
        Debug.Assert(_state.LogStart <= _state.PublishedEnd, "The log starts behind its end.");
        Debug.Assert(_writer == _unflushed.Last, "The active segment is not the last unflushed one.");
        Debug.Assert(
            _writer is null || (_index is not null && _writer.Segment == _state.Segments.Last),
            "The active segment is not the last one, or has no index.");
    }
}
