using System.Runtime.ExceptionServices;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Consuming.Membership;
using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Handling;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// Hands out a consumer's records: reads a chunk of one partition ahead, hands it out record by record or whole, and
/// goes on with the next partition; waits where there is nothing. Only for the one who has the claim, but for what
/// stops it.
/// </summary>
internal sealed class RecordReader<TKey, TValue> : IMemberActivity
{
    // Over 400 lines: what is read ahead, in hand and kept changes together under one gate, on the way of each record.
    /// <summary>
    /// How many bytes are read ahead of a reader of records; Kafka's <c>max.partition.fetch.bytes</c>.
    /// </summary>
    private const long MaxChunkBytes = 1 << 20;

    private readonly PositionSet _positions;
    private readonly ConsumerAssignment _assignment;
    private readonly FetchSchedule _schedule;
    private readonly KeptRecords<TKey, TValue> _kept = new();
    private readonly RecordFetcher<TKey, TValue> _fetcher;
    private readonly OffsetCommitter? _committer;
    private readonly ReadWaiters _waiters;
    private readonly int _maxBuffered;
    private readonly ReadTelemetry _telemetry;

    /// <summary>
    /// What was read ahead: of one partition, from <see cref="_next"/> up to <see cref="_count"/>. A single record in
    /// hand is still there, before these.
    /// </summary>
    private Record<TKey, TValue>[] _buffer = [];
    private int _next;
    private int _count;

    /// <summary>The partition of what was read ahead, and the version of its cursor for which that is good.</summary>
    private PartitionCursor? _buffered;
    private int _version;

    /// <summary>The partition of what is in hand: handed out, and the next not asked for; null for nothing.</summary>
    private PartitionCursor? _handedOut;

    /// <summary>The batch in hand; null where it is a single record, or nothing.</summary>
    private Record<TKey, TValue>[]? _batch;

    /// <summary>How often more was read ahead. Written by the reader; read by anyone.</summary>
    private int _fills;

    /// <summary>Whether the reader waits for a record. Written by the reader; read by anyone.</summary>
    private bool _isWaiting;

    /// <summary>
    /// How far the loop is that reads and has several records in hand; null without one. Written by the loop; read by
    /// anyone.
    /// </summary>
    private IReadingLoop? _loop;

    public RecordReader(
        PositionSet positions,
        ConsumerAssignment assignment,
        RecordFetcher<TKey, TValue> fetcher,
        OffsetCommitter? committer,
        WakeSignal signal,
        TimeProvider time,
        int maxBuffered,
        bool inline,
        ReadTelemetry telemetry)
    {
        _telemetry = telemetry;
        _positions = positions;
        _assignment = assignment;
        _schedule = new FetchSchedule(positions, time);
        _fetcher = fetcher;
        _committer = committer;
        _maxBuffered = maxBuffered;
        _waiters = new ReadWaiters(positions, signal, time, inline);
        Signal = signal;
        Claim = new ReadClaim(GiveUp);
    }

    /// <summary>Wakes the reader.</summary>
    public WakeSignal Signal { get; }

    /// <summary>Keeps other reads out.</summary>
    public ReadClaim Claim { get; }

    /// <summary>How many records are in hand of a loop with handlers; zero without one.</summary>
    public int InHand => Volatile.Read(ref _loop)?.InHand ?? 0;

    /// <inheritdoc/>
    public long Steps =>
        Volatile.Read(ref _loop)?.Steps ?? ((long)Volatile.Read(ref _fills) << 32) + Volatile.Read(ref _next);

    /// <inheritdoc/>
    public bool IsWaiting => Volatile.Read(ref _isWaiting) && Volatile.Read(ref _loop)?.IsWaiting != false;

    /// <summary>
    /// Begins a read. What the last one had in hand when it was left is not finished: it is handed out again, after the
    /// other partitions had their turn.
    /// </summary>
    /// <param name="ends">Where the partitions end for it, or null for a read without end.</param>
    public void Begin(ReadEnds? ends)
    {
        lock (_positions.Gate)
        {
            if (_handedOut is { } cursor)
            {
                _handedOut = null;
                KeepUnsynchronized(cursor);
                _batch = null;
            }

            if (ends is not null && _next < _count && _buffer[_count - 1].Offset >= ends.Of(_buffered!))
            {
                // What was read ahead lies behind the end.
                PutBackUnsynchronized();
            }
        }
    }

    /// <summary>
    /// Finishes what was handed out before and hands out the next record, if one was read ahead and nothing has
    /// happened that the caller must be told.
    /// </summary>
    public bool TryTake(out Record<TKey, TValue> record)
    {
        lock (_positions.Gate)
        {
            if (!CanTakeUnsynchronized())
            {
                record = default;
                return false;
            }

            if (_next > 0)
            {
                // The one before is finished; nothing here keeps it alive.
                _buffer[_next - 1] = default;
            }

            record = _buffer[_next++];
            HandOutUnsynchronized(record.Offset + 1);
            return true;
        }
    }

    /// <summary>As <see cref="TryTake"/>, for as many as there are and at most as many as said.</summary>
    public Record<TKey, TValue>[]? TakeBatch(int maxRecords)
    {
        lock (_positions.Gate)
        {
            if (!CanTakeUnsynchronized())
            {
                return null;
            }

            Record<TKey, TValue>[] batch = _buffer;
            int count = Math.Min(maxRecords, _count - _next);
            if (count == _buffer.Length)
            {
                // The whole buffer is the batch, and the next chunk gets another one.
                _buffer = [];
                _next = _count = 0;
            }
            else
            {
                Span<Record<TKey, TValue>> taken = _buffer.AsSpan(_next, count);
                batch = taken.ToArray();
                taken.Clear();
                _next += count;
            }

            HandOutUnsynchronized(batch[^1].Offset + 1);
            _batch = batch;
            return batch;
        }
    }

    /// <summary>
    /// Begins a read that has many records in hand. What earlier reads have left unfinished is read anew, since its
    /// bytes are needed.
    /// </summary>
    /// <param name="loop">The read.</param>
    /// <param name="notes">What is noted of its records.</param>
    public void BeginLoop(IReadingLoop loop, FetchNotes notes)
    {
        Begin(ends: null);
        lock (_positions.Gate)
        {
            foreach (PartitionCursor cursor in _positions.Cursors)
            {
                _kept.Forget(cursor);
                cursor.Keep(-1);
            }

            _next = _count = 0;
        }

        _fetcher.Notes = notes;
        Volatile.Write(ref _loop, loop);
    }

    /// <summary>
    /// As <see cref="TryTake"/> for as many as there are, without finishing anything. They stay where they are until
    /// <see cref="ForgetTaken"/>.
    /// </summary>
    /// <param name="maxRecords">The most records.</param>
    /// <param name="maxBytes">No more are taken once they have so many bytes.</param>
    /// <param name="taken">What was taken; valid until the next call.</param>
    public bool TryTakeInHand(int maxRecords, long maxBytes, out TakenRecords<TKey, TValue> taken)
    {
        lock (_positions.Gate)
        {
            taken = default;
            if (!CanTakeUnsynchronized())
            {
                return false;
            }

            int count = 0;
            FetchNotes notes = _fetcher.Notes!;
            RecordTraits[] traits = notes.Traits;
            for (long bytes = 0; count < maxRecords && _next + count < _count && bytes < maxBytes; count++)
            {
                bytes += traits[_next + count].Bytes;
            }

            taken = new TakenRecords<TKey, TValue>(
                _buffered!, _version, _buffer.AsMemory(_next, count), traits.AsMemory(_next, count), notes.Raw);
            _next += count;
            _buffered!.HandOut(_buffer[_next - 1].Offset + 1);
            return true;
        }
    }

    /// <summary>Nothing here keeps what was taken alive.</summary>
    public void ForgetTaken(in TakenRecords<TKey, TValue> taken)
    {
        int count = taken.Records.Length;
        _buffer.AsSpan(_next - count, count).Clear();
        _fetcher.Notes!.Forget(_next - count, count);
    }

    /// <summary>Waits until somebody wakes the reader, but for nothing that changes the assignment.</summary>
    public async ValueTask WaitAsync(ReadTokens tokens)
    {
        if (_assignment.IsPending)
        {
            await tokens.WaitAsync(token => _assignment.LookAsync(Forget, token)).ConfigureAwait(false);
        }
        else
        {
            await Signal.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Ends the read that had many records in hand: those not finished are kept for the next one.</summary>
    /// <param name="unfinished">Gives what is not finished of a partition, and the version for which that is
    /// good.</param>
    public void EndLoop(Func<PartitionCursor, (int Version, List<Record<TKey, TValue>> Records)> unfinished)
    {
        PartitionCursor[] cursors = _positions.Cursors.ToArray();
        (int Version, List<Record<TKey, TValue>> Records)[] all = [.. cursors.Select(unfinished)];
        lock (_positions.Gate)
        {
            for (int i = 0; i < cursors.Length; i++)
            {
                if (cursors[i].Version == all[i].Version && cursors[i].EndRead() > cursors[i].Position)
                {
                    // What failed behind them comes again behind them.
                    cursors[i].Trouble = null;
                    _kept.Keep(cursors[i], all[i].Records);
                }
            }

            _buffer = [];
            _next = _count = 0;
        }

        _fetcher.Notes = null;
        Volatile.Write(ref _loop, null);
    }

    /// <summary>
    /// Reads ahead for <see cref="TryTake"/>, waiting if need be. The caller takes then, and comes back if somebody has
    /// moved the position meanwhile.
    /// </summary>
    /// <param name="ends">Where the partitions end for this read, or null for a read without end.</param>
    /// <param name="tokens">What may end the waiting.</param>
    /// <returns>False where the read has come to its end.</returns>
    public ValueTask<bool> FillAsync(ReadEnds? ends, ReadTokens tokens) =>
        FillAsync(ends, batch: null, _maxBuffered, MaxChunkBytes, tokens);

    /// <summary>Reads ahead for <see cref="TakeBatch"/>, as for <see cref="TryTake"/>.</summary>
    public ValueTask<bool> FillBatchAsync(BatchLimits batch, ReadTokens tokens) =>
        FillAsync(null, batch, batch.MaxRecords, batch.MaxBytes, tokens);

    /// <summary>Throws what the caller must be told before anything is handed out.</summary>
    /// <exception cref="ObjectDisposedException">The consumer, or the log, was disposed.</exception>
    public void ThrowIfStopped()
    {
        if (Claim.IsClosing)
        {
            throw ConsumerErrors.Disposed();
        }

        _committer?.ThrowIfFailed();
    }

    /// <summary>
    /// Lets no record be handed out any more, and ends the waiting; false where that was done before.
    /// </summary>
    public bool TryStop()
    {
        bool first = Claim.TryClose();
        Signal.Wake();
        return first;
    }

    /// <summary>Finishes what was handed out before: the next one is being asked for.</summary>
    public void Finish()
    {
        lock (_positions.Gate)
        {
            if (!Claim.IsClosing)
            {
                FinishUnsynchronized();
            }
        }
    }

    private async ValueTask<bool> FillAsync(
        ReadEnds? ends, BatchLimits? batch, int maxRecords, long maxBytes, ReadTokens tokens)
    {
        while (true)
        {
            tokens.ThrowIfCancelled();
            ThrowIfStopped();
            if (_loop is { MustEnd: true })
            {
                return false;
            }

            Volatile.Write(ref _fills, _fills + 1);
            _positions.Waits.Wake();
            if (_assignment.IsPending)
            {
                await tokens.WaitAsync(token => _assignment.LookAsync(Forget, token)).ConfigureAwait(false);
                if (HasMore())
                {
                    return true;
                }

                continue;
            }

            bool any = false;
            FetchPlan plan = default;
            long? retryAt = null;
            ExceptionDispatchInfo? failed = null;
            try
            {
                any = _schedule.TryChoose(ends, batch, out plan, out retryAt);
            }
            catch (EmbeddedLogException failure)
            {
                failed = ExceptionDispatchInfo.Capture(failure);
            }

            if (_committer is not null && _positions.MayHaveToCommit)
            {
                await tokens.WaitAsync(_committer.CommitResolvedAsync).ConfigureAwait(false);
            }

            failed?.Throw();

            if (any)
            {
                if (TryFetch(plan, ends, maxRecords, maxBytes))
                {
                    return true;
                }
            }
            else if (ends is not null)
            {
                return false;
            }
            else
            {
                _waiters.Arm(retryAt, batch);
                Volatile.Write(ref _isWaiting, true);
                await Signal.WaitAsync().ConfigureAwait(false);
                Volatile.Write(ref _isWaiting, false);
            }
        }
    }

    private bool TryFetch(in FetchPlan plan, ReadEnds? ends, int maxRecords, long maxBytes)
    {
        int count;
        FetchPlan chosen = plan;

        // Also where this fails in whatever way: the others have their turn then.
        _schedule.EndTurn(plan.Cursor);
        try
        {
            count = plan.IsKept
                ? _kept.Take(plan, ref _buffer)
                : _fetcher.Fetch(plan, ref _buffer, maxRecords, maxBytes);
        }
        catch (EmbeddedLogException failure) when (
            PartitionTrouble.IsOfPartition(failure) && _schedule.TryPostpone(chosen, failure, ends))
        {
            // The other partitions come first; then this one is tried again.
            return false;
        }

        lock (_positions.Gate)
        {
            if (plan.Cursor.Version == plan.Version)
            {
                plan.Cursor.Trouble = null;
            }

            if (plan.IsKept)
            {
                _kept.KeepLeft(plan);
            }
            else if (count == 0 && plan.Cursor.Version == plan.Version)
            {
                plan.Cursor.PassGap(plan);
            }

            _buffered = plan.Cursor;
            _version = plan.Version;
            _next = 0;
            _count = count;
        }

        if (count > 0 && !plan.IsKept)
        {
            _telemetry.Note(plan.Cursor.Log.Id, count);
        }

        return count > 0;
    }

    /// <summary>Whether something read ahead can be handed out.</summary>
    private bool HasMore()
    {
        lock (_positions.Gate)
        {
            return _next < _count && _buffered!.Version == _version;
        }
    }

    /// <summary>Forgets what was read of a partition that is assigned no more. Under the gate.</summary>
    private void Forget(PartitionCursor cursor)
    {
        _kept.Forget(cursor);
        if (_handedOut == cursor)
        {
            _handedOut = null;
            _batch = null;
        }

        if (_buffered == cursor)
        {
            _buffered = null;
            _next = _count = 0;
        }
    }

    private bool CanTakeUnsynchronized()
    {
        if (Claim.IsClosing || _assignment.IsPending)
        {
            return false;
        }

        FinishUnsynchronized();
        if (_buffered is { IsPaused: true })
        {
            PutBackUnsynchronized();
        }

        return _next < _count
            && _buffered!.Version == _version
            && (_buffer[_next].Offset >= _buffered.Position || TryPassFinishedUnsynchronized())
            && _committer?.HasFailed != true;
    }

    /// <summary>
    /// Passes records that were handed out by an earlier read, and were finished by name or by a commit after this one
    /// took them from what was kept; false where none is left.
    /// </summary>
    private bool TryPassFinishedUnsynchronized()
    {
        while (_next < _count && _buffer[_next].Offset < _buffered!.Position)
        {
            _buffer[_next++] = default;
        }

        return _next < _count;
    }

    private void HandOutUnsynchronized(long next)
    {
        _buffered!.HandOut(next);
        _handedOut = _buffered;
    }

    private void FinishUnsynchronized()
    {
        if (_handedOut is null)
        {
            return;
        }

        if (_handedOut.Finish())
        {
            _committer?.NoteFinished();
        }

        _handedOut = null;
        _batch = null;
    }

    /// <summary>
    /// Keeps what is in hand and not finished. What was read ahead behind it is read anew when that is its turn, but
    /// for what an earlier read had handed out already.
    /// </summary>
    private void KeepUnsynchronized(PartitionCursor cursor)
    {
        long to = cursor.EndRead();
        if (to <= cursor.Position)
        {
            // Finished by name, or by a commit, so that the next one can go on where this one has ended.
            return;
        }

        KeepUnsynchronized(cursor, [.. _batch ?? _buffer.AsSpan(_next - 1, 1)], to);
    }

    /// <summary>
    /// Takes back what was read ahead and will not be taken now. What an earlier read had handed out is kept; the rest
    /// is read anew.
    /// </summary>
    private void PutBackUnsynchronized()
    {
        if (_next < _count && _fetcher.Notes is null)
        {
            KeepUnsynchronized(_buffered!, [], _buffered!.HandedOutTo);
        }

        _next = _count = 0;
    }

    /// <summary>Keeps records, and those read ahead that were handed out before, up to an offset.</summary>
    private void KeepUnsynchronized(PartitionCursor cursor, List<Record<TKey, TValue>> kept, long to)
    {
        for (int i = _next; i < _count && _buffer[i].Offset < to && _version == cursor.Version; i++)
        {
            kept.Add(_buffer[i]);
        }

        _kept.Keep(cursor, kept);
        _next = _count = 0;
    }

    /// <summary>What only readers use goes with the last of them.</summary>
    private void GiveUp()
    {
        _fetcher.Release();
        _waiters.Release();
        _kept.Clear();
        _batch = null;
        _buffer = [];
        _next = _count = 0;
    }
}
