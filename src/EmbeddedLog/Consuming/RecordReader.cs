using EmbeddedLog.Storage;

namespace EmbeddedLog.Consuming;

/// <summary>
/// Hands out a consumer's records: reads a chunk of one partition ahead, hands it out record by record or whole, and
/// goes on with the next partition; waits where there is nothing. Only for the one who has the claim, but for what
/// stops it.
/// </summary>
internal sealed class RecordReader<TKey, TValue>
{
    /// <summary>
    /// How many bytes are read ahead of a reader of records; Kafka's <c>max.partition.fetch.bytes</c>.
    /// </summary>
    private const long MaxChunkBytes = 1 << 20;

    /// <summary>How many bytes a batch holds at most, about; Kafka's <c>fetch.max.bytes</c>.</summary>
    private const long MaxBatchBytes = 50 << 20;

    private readonly PositionSet _positions;
    private readonly RecordFetcher<TKey, TValue> _fetcher;
    private readonly OffsetCommitter? _committer;
    private readonly AppendWaiter?[] _waiters;
    private readonly int _maxBuffered;
    private readonly bool _inline;

    /// <summary>What was read ahead: of one partition, from <see cref="_next"/> up to <see cref="_count"/>.</summary>
    private Record<TKey, TValue>[] _buffer = [];
    private int _next;
    private int _count;

    /// <summary>The partition of what was read ahead, and the version of its cursor for which that is good.</summary>
    private PartitionCursor? _buffered;
    private int _version;

    /// <summary>The partition of what was handed out last, until that is finished.</summary>
    private PartitionCursor? _handedOut;

    public RecordReader(
        PositionSet positions,
        RecordFetcher<TKey, TValue> fetcher,
        OffsetCommitter? committer,
        WakeSignal signal,
        int maxBuffered,
        bool inline)
    {
        _positions = positions;
        _fetcher = fetcher;
        _committer = committer;
        _maxBuffered = maxBuffered;
        _inline = inline;
        _waiters = new AppendWaiter?[positions.Cursors.Length];
        Signal = signal;
        Claim = new ReadClaim(GiveUp);
    }

    /// <summary>Wakes the reader.</summary>
    public WakeSignal Signal { get; }

    /// <summary>Keeps other reads out.</summary>
    public ReadClaim Claim { get; }

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

            record = _buffer[_next];
            _buffer[_next++] = default;
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
            return batch;
        }
    }

    /// <summary>
    /// Reads ahead for <see cref="TryTake"/>, waiting if need be. The caller takes then, and comes back if somebody has
    /// moved the position meanwhile.
    /// </summary>
    /// <param name="ends">Where the partitions end for this read, or null for a read without end.</param>
    /// <param name="tokens">What may end the waiting.</param>
    /// <returns>False where the read has come to its end.</returns>
    public ValueTask<bool> FillAsync(long[]? ends, ReadTokens tokens) =>
        FillAsync(ends, _maxBuffered, MaxChunkBytes, tokens);

    /// <summary>Reads ahead for <see cref="TakeBatch"/>, as for <see cref="TryTake"/>.</summary>
    public ValueTask<bool> FillBatchAsync(int maxRecords, ReadTokens tokens) =>
        FillAsync(null, maxRecords, MaxBatchBytes, tokens);

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

    private async ValueTask<bool> FillAsync(long[]? ends, int maxRecords, long maxBytes, ReadTokens tokens)
    {
        while (true)
        {
            tokens.ThrowIfCancelled();
            ThrowIfStopped();
            if (_positions.TryChoose(ends, out FetchPlan plan))
            {
                if (TryFetch(plan, maxRecords, maxBytes))
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
                if (Signal.Failure is { } failure)
                {
                    throw failure;
                }

                ArmWaiters();
                await Signal.WaitAsync().ConfigureAwait(false);
            }
        }
    }

    private bool TryFetch(in FetchPlan plan, int maxRecords, long maxBytes)
    {
        int count = _fetcher.Fetch(plan, ref _buffer, maxRecords, maxBytes);
        _positions.EndTurn(plan.Cursor);
        lock (_positions.Gate)
        {
            if (count == 0 && plan.Cursor.Version == plan.Version)
            {
                plan.Cursor.PassGap(plan);
            }

            _buffered = plan.Cursor;
            _version = plan.Version;
            _next = 0;
            _count = count;
        }

        return count > 0;
    }

    private bool CanTakeUnsynchronized()
    {
        if (Claim.IsClosing)
        {
            return false;
        }

        FinishUnsynchronized();
        return _next < _count && _buffered!.Version == _version && _committer?.HasFailed != true;
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
    }

    /// <summary>Sees to it that the signal is set when any partition that is not paused has a record.</summary>
    private void ArmWaiters()
    {
        for (int i = 0; i < _waiters.Length; i++)
        {
            PartitionCursor cursor = _positions.Cursors[i];
            long position;
            lock (_positions.Gate)
            {
                position = cursor.IsPaused ? -1 : cursor.Position;
            }

            // A position that was left open since somebody looked has set the signal, so that the caller looks again.
            if (position >= 0)
            {
                Arm(ref _waiters[i], cursor.Log, position + 1);
            }
        }
    }

    private void Arm(ref AppendWaiter? waiter, ReadablePartition log, long end)
    {
        if (waiter is { IsArmed: true })
        {
            if (waiter.Target == end)
            {
                return;
            }

            // After a seek. It may be in the hands of somebody who releases, so that it is not used again.
            log.RemoveAppendWaiter(waiter);
            waiter = null;
        }

        waiter ??= new AppendWaiter(Signal, _inline);
        waiter.Arm(log, end);
    }

    /// <summary>What only readers use goes with the last of them.</summary>
    private void GiveUp()
    {
        _fetcher.Release();
        _buffer = [];
        _next = _count = 0;
        for (int i = 0; i < _waiters.Length; i++)
        {
            if (_waiters[i] is { IsArmed: true } waiter)
            {
                _positions.Cursors[i].Log.RemoveAppendWaiter(waiter);
            }
        }
    }
}
