using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog;

/// <summary>
/// Reads a partition record by record, without a copy and without a lock, and checks each frame's checksum. It sees
/// records that are appended while it runs, and keeps memory mapped: dispose it soon.
/// </summary>
/// <remarks>For one thread; being a ref struct it cannot outlive an await.</remarks>
public unsafe ref struct PartitionScan : IDisposable
{
    // Over 400 lines: all steps work on the same pointers, which a separate class would need one by one.

    private readonly ReadablePartition _log;

    /// <summary>How many truncations of the log have not touched this scan's records.</summary>
    private int _truncations;

    /// <summary>The mark that keeps memory mapped; null once disposed.</summary>
    private ReaderSlot? _slot;

    /// <summary>Whether the slot came from the pool and goes back to it.</summary>
    private readonly bool _ownsSlot;

    private Segment? _segment;
    private byte* _base;
    private uint _seed;
    private long _baseOffset;

    /// <summary>The position of the next frame.</summary>
    private long _position;

    /// <summary>The bytes up to here are safe to read.</summary>
    private long _touchable;

    private long _nextOffset;

    /// <summary>Records below this offset are published and lie in the current segment.</summary>
    private long _limitOffset;

    /// <summary>The rest of the current batch.</summary>
    private BatchFrame _batch;

    internal PartitionScan(ReadablePartition log, ScanPosition from, int truncations = 0)
        : this(log, log.Readers.Rent(), ownsSlot: true, from, truncations)
    {
    }

    internal PartitionScan(
        ReadablePartition log, ReaderSlot slot, bool ownsSlot, ScanPosition from, int truncations)
    {
        _log = log;
        _truncations = truncations;
        _slot = slot;
        _ownsSlot = ownsSlot;
        _nextOffset = from.NextOffset;
        slot.Enter();
        try
        {
            Resume(from);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The offset of the next record, or of the next append.</summary>
    public readonly long Offset => _nextOffset;

    /// <summary>The place at which a later scan can go on.</summary>
    internal readonly ScanPosition Save() => new(
        _segment, _position, _nextOffset, _batch.Remaining == 0 ? default : _batch.MovedBy(-(nint)_base));

    /// <summary>Reads the next record; false when all published records were read. Later calls may find more.</summary>
    /// <param name="record">The record, valid until the scan is disposed.</param>
    /// <exception cref="CorruptLogException">A stored frame is damaged; the scan does not move.</exception>
    /// <exception cref="LogIOException">The medium cannot read the record.</exception>
    /// <exception cref="OffsetUnavailableException">Retention has removed the next record during the scan.</exception>
    /// <exception cref="LogTruncatedException">
    /// The log is followed, and records of this scan were taken back. It reads no further; begin another one.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The scan was disposed.</exception>
    [UnscopedRef]
    public bool TryRead(out RecordView record)
    {
        while (true)
        {
            if (_batch.Remaining == 0)
            {
                if (_nextOffset >= _limitOffset && !TryAdvance())
                {
                    record = default;
                    return false;
                }

                if (!TryReadFrame(out RecordFields single, out bool isSingle))
                {
                    // If the file is gone, or there is no record, the rest is searched anew.
                    _log.FindAgain(_segment!, _nextOffset);
                    _segment = null;
                    _limitOffset = 0;
                    continue;
                }

                if (isSingle && single.Offset >= _nextOffset)
                {
                    _nextOffset = single.Offset + 1;
                    record = new RecordView(single, _segment!);
                    return true;
                }
            }
            else if (ReadFromBatch(out RecordFields inBatch))
            {
                record = new RecordView(inBatch, _segment!);
                return true;
            }
        }
    }

    /// <summary>Moves to the first place of a timestamp by the segment's time index, never back.</summary>
    internal void SkipTo(Segment segment, long timestamp)
    {
        EnterSegment(segment, _nextOffset);
        IndexEntry entry = segment.GetIndexUpTo(_log.PublishedEnd).FindByTimestamp(timestamp);
        long offset = segment.BaseOffset + entry.RelativeOffset;
        if (offset > _nextOffset)
        {
            // The offset moves too: the entry may be at the end, where there is nothing to read yet.
            _position = entry.Position;
            _nextOffset = offset;
        }
    }

    /// <summary>Ends the scan and releases the memory.</summary>
    public void Dispose()
    {
        ReaderSlot? slot = _slot;
        if (slot is null)
        {
            return;
        }

        _segment?.LetGoOfTail();

        _slot = null;
        _limitOffset = 0;
        _nextOffset = 0;
        _batch = default;
        if (_ownsSlot)
        {
            _log.Readers.Return(slot);
        }
        else
        {
            slot.Exit();
        }
    }

    /// <summary>Reads the next frame; false if the segment's file is gone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryReadFrame(out RecordFields single, out bool isSingle)
    {
        single = default;
        isSingle = false;
        long position = _position;
        if (FrameReader.Check(_base, _seed, position, _touchable, out uint length) != FrameCheck.Valid
            && !TryCheckTouchable(ref position, out length))
        {
            return false;
        }

        byte* frame = _base + position;
        isSingle = FrameHeader.ReadType(frame) == FrameType.Record;
        bool wellFormed = isSingle
            ? SingleFrame.TryRead(frame, (int)length, _baseOffset, out single)
            : TryOpenBatch(frame, (int)length);
        if (!wellFormed)
        {
            throw SegmentErrors.BadFrame(_segment!, _position, FrameCheck.Valid, _nextOffset);
        }

        _position = position + FrameLayout.Padded((int)length);
        return true;
    }

    /// <summary>
    /// Checks the next frame after making all of it safe to read. Throws if it is still damaged, unless it is only on
    /// the way to the next offset. False if the segment's file is gone, or if the log ends here and its control file is
    /// wrong.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryCheckTouchable(ref long position, out uint length)
    {
        while (true)
        {
            length = 0;
            if (!FrameMemory.TryPrepare(_segment!, position, ref _base, ref _touchable))
            {
                return false;
            }

            FrameCheck check = FrameReader.Check(_base, _seed, position, _touchable, out length);
            if (check == FrameCheck.Valid)
            {
                return true;
            }

            if (check == FrameCheck.Empty && _log.EndsAt(_segment!, _nextOffset))
            {
                return false;
            }

            if (check == FrameCheck.Unknown || !TryPassDamage(ref position))
            {
                throw SegmentErrors.BadFrame(_segment!, position, check, _nextOffset);
            }
        }
    }

    /// <summary>
    /// Passes over damage on the way to the next offset: the index names a frame before the needed one, and the frames
    /// in between may be damaged. In one step, however many there are.
    /// </summary>
    private readonly bool TryPassDamage(ref long position)
    {
        if (_segment is { IsOwned: false, EndOffset: long.MaxValue })
        {
            // Its owner is writing to it.
            return false;
        }

        try
        {
            if (!_log.TryFindDamage(_segment!, _nextOffset, out SurveyedPart part)
                || part.IsBad || part.Position <= position)
            {
                return false;
            }

            position = part.Position;
            return true;
        }
        catch (FileSystemException)
        {
            // The damage is the failure to report.
            return false;
        }
    }

    /// <summary>
    /// Opens a batch, or passes it over if it ends before the next offset; passes over gaps. A seal is damage here.
    /// </summary>
    private bool TryOpenBatch(byte* frame, int length)
    {
        if (FrameHeader.ReadType(frame) == FrameType.Gap)
        {
            bool isGap = FrameExtent.TryRead(frame, length, _baseOffset, out FrameExtent gap);
            _nextOffset = Math.Max(_nextOffset, gap.NextOffset);
            return isGap;
        }

        if (FrameHeader.ReadType(frame) != FrameType.Batch
            || !BatchFrame.TryOpen(frame, length, _baseOffset, out BatchFrame batch))
        {
            return false;
        }

        long lastOffset = _baseOffset + FrameHeader.ReadOffsetDelta(frame) + batch.LastOffsetDelta;
        _batch = lastOffset < _nextOffset ? default : batch;
        return true;
    }

    /// <summary>Reads the next record of the batch; false if it is before the next offset.</summary>
    private bool ReadFromBatch(out RecordFields record)
    {
        if (!_batch.TryReadNext(out record))
        {
            _batch = default;
            throw SegmentErrors.BadFrame(_segment!, _position, FrameCheck.Valid, _nextOffset);
        }

        bool isNext = record.Offset >= _nextOffset;
        if (_batch.Remaining == 0)
        {
            // Behind the last record offsets may be missing, which no other frame has.
            _nextOffset = _batch.EndOffset;
        }
        else if (isNext)
        {
            _nextOffset = record.Offset + 1;
        }

        return isNext;
    }

    /// <summary>Checks for more records, in this segment or in the next one.</summary>
    private bool TryAdvance()
    {
        ObjectDisposedException.ThrowIf(_slot is null, typeof(PartitionScan));

        // The end of the log is read first: the segments of all published records are on the list then. A segment
        // without a record is never opened; after a power loss it may have no file.
        long published = _log.PublishedEnd;
        bool found = TryFindSegment(published);
        if (_log.Truncations != _truncations)
        {
            // Read last: the list that was read before is older than any truncation counted here.
            CheckTruncations();
        }

        if (!found)
        {
            return false;
        }

        _limitOffset = Math.Min(published, _segment!.EndOffset);
        return _nextOffset < _limitOffset || TryAdvance();
    }

    /// <summary>Moves the scan to the segment of the next record, if there is one.</summary>
    private bool TryFindSegment(long published)
    {
        while (_nextOffset < published)
        {
            if (_segment is not null && _nextOffset < _segment.EndOffset && !_segment.IsWithoutEnd)
            {
                return true;
            }

            Segment? next = _log.FindSegment(_nextOffset);
            if (next is null || next == _segment || _nextOffset >= next.EndOffset)
            {
                // An ended segment with nothing left to read is not opened: if it never held a durable record, a crash
                // may have left no file for it.
                return false;
            }

            if (TryEnterSegment(next, _nextOffset))
            {
                return true;
            }

            _log.FindAgain(next, _nextOffset);
        }

        return false;
    }

    private void CheckTruncations()
    {
        int now = _log.Truncations;
        long to = _log.TruncatedTo(_truncations);
        if (to < _nextOffset)
        {
            // For good: the records so far and the next ones do not belong together.
            _limitOffset = 0;
            _batch = default;
            throw PartitionErrors.Truncated(_log.Id, to, _nextOffset);
        }

        _truncations = now;
    }

    private void Resume(ScanPosition from)
    {
        if (from.Segment is not { } segment || from.NextOffset >= segment.EndOffset)
        {
            return;
        }

        byte* memory = segment.GetBase();
        if (memory != null)
        {
            SetSegment(segment, memory);
            _position = from.Position;
            ResumeBatch(from.Batch);
        }
    }

    /// <summary>
    /// Continues a batch whose checksum was right at its beginning. The segment may have been unmapped since.
    /// </summary>
    private void ResumeBatch(in BatchFrame batch)
    {
        if (batch.Remaining > 0)
        {
            if (!FrameMemory.TryExtend(
                _segment!, (nint)batch.Next, batch.RemainingBytes, ref _base, ref _touchable))
            {
                // It was removed since: the record is searched by its offset.
                _segment = null;
                return;
            }

            _batch = batch.MovedBy((nint)_base);
        }
    }

    private void EnterSegment(Segment segment, long offset)
    {
        if (!TryEnterSegment(segment, offset))
        {
            throw PartitionErrors.OutOfRange(_log.Id, offset, _log.StartOffset, _log.PublishedEnd);
        }
    }

    private bool TryEnterSegment(Segment segment, long offset)
    {
        byte* memory = segment.GetBase();
        if (memory == null)
        {
            return false;
        }

        SetSegment(segment, memory);
        _position = offset == segment.BaseOffset
            ? SegmentHeader.PageBytes
            : segment.GetIndexUpTo(offset).FindPosition((uint)(offset - segment.BaseOffset));
        return true;
    }

    private void SetSegment(Segment segment, byte* memory)
    {
        segment.RecentlyUsed = true;
        _segment = segment;
        _base = memory;
        _seed = segment.CrcSeed;
        _baseOffset = segment.BaseOffset;
        _touchable = 0;
    }
}
