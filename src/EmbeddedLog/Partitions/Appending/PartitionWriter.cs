using System.Runtime.CompilerServices;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Manifests;
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
/// Appends to a partition: one frame at a time, under one short lock that no reader takes and no flush is made under.
/// </summary>
/// <remarks>
/// The failure policy: an append that throws has published nothing and changed nothing that a reader or a recovery
/// sees, and the next one may succeed (a full disk, say). Only a failed flush is final, see <see cref="PartitionFlusher"/>.
/// </remarks>
internal sealed unsafe class PartitionWriter
{
    private readonly PartitionIdentity _identity;
    private readonly PartitionFiles _files;
    private readonly PartitionState _state;
    private readonly PartitionPlace _place;
    private readonly SegmentPreparer _preparer;
    private readonly IFlushControl _control;
    private readonly ILogger _logger;
    private readonly uint _epoch;

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
    private readonly List<SegmentWriter> _unflushed = [];

    /// <summary>Whether there are segments whose names may not have reached the disk. Under the append lock.</summary>
    private bool _namesUnsynced;

    /// <summary>What the last flush has covered. Written by the flusher under the append lock.</summary>
    private long _durableEnd;

    /// <summary>Set once by closing. Under the append lock.</summary>
    private bool _closed;

    /// <param name="identity">The partition.</param>
    /// <param name="state">What readers are told.</param>
    /// <param name="place">Where its directory must be.</param>
    /// <param name="preparer">Makes files and pages ready ahead.</param>
    /// <param name="control">Is asked for a flush where a segment has ended.</param>
    /// <param name="logger">Where a failure is told.</param>
    /// <param name="recovered">What the opening found.</param>
    public PartitionWriter(
        PartitionIdentity identity,
        PartitionState state,
        PartitionPlace place,
        SegmentPreparer preparer,
        IFlushControl control,
        ILogger logger,
        RecoveredPartition recovered)
    {
        _identity = identity;
        _state = state;
        _place = place;
        _preparer = preparer;
        _control = control;
        _logger = logger;
        _files = recovered.Files;
        _epoch = recovered.Epoch;
        _durableEnd = recovered.End.Offset;
        if (recovered.Active is { } active)
        {
            _writer = active.Writer;
            _index = active.Index;
            _startedAt = active.StartedAt;
            _unflushed.Add(active.Writer);
        }
    }

    /// <summary>Appends a frame with one record and returns its offset.</summary>
    public long Append(
        in RawRecord record,
        in RecordSize size,
        long timestamp,
        long now,
        PartitionSettings settings,
        AppendAccount? account)
    {
        int length = (int)size.FrameLength;
        int kind = (int)FrameType.Record | (settings.AppendTime ? FrameLayout.AppendTimeBit : 0);
        using AppendLock.Scope held = _gate.Enter();
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
        RecordBatch batch,
        long timestamp,
        long maxTimestamp,
        long now,
        PartitionSettings settings,
        AppendAccount? account)
    {
        int length = AppendRules.FrameLength(batch);
        int kind = (int)FrameType.Batch | (settings.AppendTime ? FrameLayout.AppendTimeBit : 0);
        using AppendLock.Scope held = _gate.Enter();
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

    /// <summary>After an append that woke somebody up, and so was not one of many: makes the next one quick.</summary>
    public void EnterNextPage()
    {
        using (_gate.Enter())
        {
            if (_state.Failure is null)
            {
                _writer?.EnterNextPage();
            }
        }
    }

    /// <summary>Gives the role of following an account up back.</summary>
    public void Leave(AppendAccount account)
    {
        using (_gate.Enter())
        {
            account.LeaveUnsynchronized();
        }
    }

    /// <summary>
    /// Notes what is to be flushed for the log to be durable up to its present end; false where that is nothing.
    /// </summary>
    /// <param name="plan">The plan to fill.</param>
    /// <param name="last">Whether no append follows: then also a segment that was begun and holds nothing yet
    /// counts.</param>
    public bool TryPlanFlush(FlushPlan plan, bool last = false)
    {
        plan.Targets.Clear();
        plan.Bytes = 0;
        using (_gate.Enter())
        {
            if (_writer is null || (_state.PublishedEnd == _durableEnd && !last))
            {
                return false;
            }

            foreach (SegmentWriter writer in _unflushed)
            {
                plan.Targets.Add((writer, writer.Tail));
                plan.Bytes += writer.Tail - writer.FlushedEnd;
            }

            plan.SyncDirectory = _namesUnsynced;
            plan.End = new DurablePoint(
                _state.PublishedEnd, _writer.Segment.Entry.Sequence, _writer.Segment.Entry.Uid, _writer.Tail);
            return true;
        }
    }

    /// <summary>What the partition holds now, for a copy of it; null once it is closed.</summary>
    public CapturedPartition? Capture()
    {
        using (_gate.Enter())
        {
            return _closed ? null : CapturedPartition.Of(_state, _writer?.Tail);
        }
    }

    /// <summary>
    /// Notes that a plan was carried out; segments that have ended and are flushed give up their files.
    /// </summary>
    /// <returns>The writer that is to go back to small pages, or null.</returns>
    public MappedSegmentWriter? NoteFlushed(FlushPlan plan)
    {
        using (_gate.Enter())
        {
            _durableEnd = plan.End.Offset;
            _namesUnsynced &= !plan.SyncDirectory || _writer!.Segment.Entry.Sequence != plan.End.Sequence;
            foreach ((SegmentWriter writer, long tail) in plan.Targets)
            {
                writer.FlushedEnd = tail;
                if (writer != _writer && tail == writer.Tail && _unflushed.Remove(writer))
                {
                    writer.File.Dispose();
                    _preparer.Finish(writer.Segment);
                }
            }

            return _preparer.NoteFlushUnsynchronized(plan.Bytes, _writer) ? (MappedSegmentWriter?)_writer : null;
        }
    }

    /// <summary>Ends all appending, for good, after a flush failed; returns the reason that stands.</summary>
    public EmbeddedLogException Fail(Exception cause)
    {
        EmbeddedLogException failure;
        using (_gate.Enter())
        {
            failure = _state.Failure ??= PartitionErrors.Failed(_identity.Id, cause);
        }

        StorageLog.PartitionFailed(_logger, cause, _identity.Id);
        return failure;
    }

    /// <summary>
    /// Ends appending. The files are given back by <see cref="Release"/>, when the last flush is over.
    /// </summary>
    public void Close()
    {
        using (_gate.Enter())
        {
            _closed = true;
        }
    }

    /// <summary>The end of what is in the segment that is written to; zero where there is none.</summary>
    public long TailPosition
    {
        get
        {
            using (_gate.Enter())
            {
                return _writer?.Tail ?? 0;
            }
        }
    }

    /// <summary>Closes the files after <see cref="Close"/>; returns the segment that was written to.</summary>
    public Segment? Release()
    {
        using (_gate.Enter())
        {
            Segment? active = _writer?.Segment;
            foreach (SegmentWriter writer in _unflushed)
            {
                writer.File.Dispose();
            }

            _unflushed.Clear();
            if (_writer is not null)
            {
                // Readers that are still inside go on up to the end; the file behind them is complete.
                _writer.Segment.End(_state.PublishedEnd, _writer.Tail);
                _index!.Finish((uint)(_state.PublishedEnd - _writer.Segment.BaseOffset), _writer.Tail);
                _writer = null;
            }

            return active;
        }
    }

    /// <summary>Ends the segment that is written to, if it has records, so that retention can remove it.</summary>
    public void Roll(PartitionSettings settings, long now)
    {
        using (_gate.Enter())
        {
            if (_state.Failure is null && !_closed && _writer is not null
                && _state.PublishedEnd > _writer.Segment.BaseOffset)
            {
                RollUnsynchronized(settings, now);
            }
        }
    }

    /// <summary>
    /// Moves the log's start: writes it to the manifest, takes the segments that lie wholly before it off the list, and
    /// returns them. The manifest must be flushed before their files are deleted.
    /// </summary>
    public Segment[] MoveLogStart(long offset)
    {
        using (_gate.Enter())
        {
            SegmentList segments = _state.Segments;
            int gone = 0;
            while (gone < segments.Count - 1 && segments.Items[gone].EndOffset <= offset)
            {
                gone++;
            }

            if (_closed || _state.Failure is not null || offset <= _state.LogStart || segments.Count == 0)
            {
                return [];
            }

            try
            {
                _files.Manifest.SetLogStart(offset, segments.Items[gone].Entry.Sequence);
            }
            catch (FileSystemException failure)
            {
                throw FileErrors.Translate(failure, _identity.Id, isOpen: true);
            }

            _state.LogStart = offset;
            _state.Segments = segments.WithoutFirst(gone);
            _state.Slot.NoteChange();
            return segments.Items[..gone].ToArray();
        }
    }

    /// <summary>
    /// Gives up the files of segments that were removed, and of which only the seal is not flushed. Without an append
    /// no flush would come by, and an open file keeps its space.
    /// </summary>
    public void GiveUp(Segment[] removed)
    {
        using (_gate.Enter())
        {
            for (int i = _unflushed.Count - 1; i >= 0; i--)
            {
                SegmentWriter writer = _unflushed[i];
                if (writer != _writer && Array.IndexOf(removed, writer.Segment) >= 0)
                {
                    _unflushed.RemoveAt(i);
                    writer.File.Dispose();
                }
            }
        }
    }

    /// <summary>Hands over a spare that was made ahead; false where it is not wanted any more.</summary>
    public bool TryOffer(SpareSegment spare)
    {
        using (_gate.Enter())
        {
            // Sequences rise along the log; a spare that was overtaken by one made in haste is of no use.
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
        if (current is null || !current.HasRoomFor(padded, settings.SegmentBytes) || IsTooOld(current, now, settings))
        {
            current = RollUnsynchronized(settings, now);
        }

        if (_state.PublishedEnd == current.Segment.BaseOffset)
        {
            _startedAt = now;
        }

        writer = current;
        byte* frame = current.Begin(padded);

        // The padding counts in the checksum; the record's last bytes go over the rest of this word.
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
    /// Goes on in a new segment. Nothing has changed when it throws but for a spare file, which is kept for next time.
    /// </summary>
    private SegmentWriter RollUnsynchronized(PartitionSettings settings, long now)
    {
        if (_place.FindGone() is { } gone)
        {
            // Who waits for a flush is told by the next round.
            _state.Failure ??= PartitionErrors.Failed(_identity.Id, gone);
            _control.RequestFlush();
            ThrowUnusable();
        }

        SegmentWriter? previous = _writer;
        Segment? before = previous?.Segment ?? _state.Segments.Last;
        try
        {
            SpareSegment spare = _preparer.TakeSpareUnsynchronized(settings.Shape);
            SegmentEntry entry = new(
                spare.Sequence,
                Uids.New(),
                _state.PublishedEnd,
                _epoch,
                before?.Entry.Uid ?? 0,
                previous?.Tail ?? before?.EndPosition ?? 0);
            SegmentWriter next = _preparer.Factory.Adopt(spare, entry, now);
            _files.Manifest.Add(entry);
            _preparer.SpareIsUsedUnsynchronized();
            _namesUnsynced |= !spare.NameIsDurable;
            if (previous is not null)
            {
                EndUnsynchronized(previous);

                if (!RollRules.CanWaitForFlush(_unflushed, settings))
                {
                    // Only queued here: no flush is made under this lock.
                    _control.RequestFlush();
                }
            }

            SegmentIndexBuilder index = new(spare.Index);
            next.Segment.Index.Set(index);
            _unflushed.Add(next);
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

    private void EndUnsynchronized(SegmentWriter writer)
    {
        long endOffset = _state.PublishedEnd;
        long endPosition = writer.Tail;
        uint endDelta = (uint)(endOffset - writer.Segment.BaseOffset);
        _index!.Finish(endDelta, endPosition);
        writer.Segment.End(endOffset, endPosition);
        try
        {
            byte* frame = writer.BeginSeal();
            long timestamp = Math.Max(_index.MaxTimestamp, FrameLayout.MinTimestamp);
            FrameHeader.Write(
                frame, (int)FrameType.Seal, FrameFlags.None, endDelta, timestamp, LagOf(endOffset));
            uint crc = FrameCrc.Compute(writer.Segment.CrcSeed, endPosition, frame, FrameLayout.SealBytes);
            FrameHeader.WriteCrc(frame, crc);
            writer.Commit(FrameLayout.SealBytes);
        }
        catch (FileSystemException)
        {
            // Only a positional write can fail here. The manifest already says where the segment ends, and the seal
            // only saves those who follow the file from asking it.
        }
    }

    private bool IsTooOld(SegmentWriter writer, long now, PartitionSettings settings) =>
        now - _startedAt >= settings.SegmentAgeMilliseconds && _state.PublishedEnd > writer.Segment.BaseOffset;

    private ushort LagOf(long offset) => DurableLag.Encode(offset - _durableEnd);

    private void ThrowUnusable()
    {
        if (_state.Failure is { } failure)
        {
            throw new PartitionFailedException(failure.Message, failure.InnerException)
            {
                Topic = failure.Topic,
                Partition = failure.Partition,
            };
        }

        throw _state.ClosedError(_identity.Id);
    }
}
