using System.Runtime.ExceptionServices;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Consuming.Membership;
using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Consuming.Reading;
using EmbeddedLog.Consuming.Sequences;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Handling;
using EmbeddedLog.IO;

namespace EmbeddedLog.Consuming.Loops;

/// <summary>
/// One read whose records go to handlers: takes records as long as there is room, and hears of what becomes of the
/// partitions meanwhile.
/// </summary>
internal sealed class ForEachLoop<TKey, TValue> : IReadingLoop, IRecordsInHand
{
    private readonly RecordReader<TKey, TValue> _reader;
    private readonly PositionSet _positions;
    private readonly ConsumerAssignment _assignment;
    private readonly OffsetCommitter? _committer;
    private readonly ForEachOptions _options;
    private readonly FailurePolicy _policy;
    private readonly RecordHandling<TKey, TValue> _handling;
    private readonly WorkQueue _work;
    private readonly CancellationToken _stop;

    /// <summary>What held before: put back at the end.</summary>
    private readonly bool _commitsBeforeRelease;

    /// <summary>By cursor. Only for the loop.</summary>
    private readonly Dictionary<PartitionCursor, HandledCursor> _cursors = [];

    /// <param name="reader">Gives the records.</param>
    /// <param name="positions">Where the consumer is.</param>
    /// <param name="assignment">What it reads.</param>
    /// <param name="committer">Commits; null without a group.</param>
    /// <param name="platform">The seam to the system.</param>
    /// <param name="policy">What becomes of records whose last attempt has failed.</param>
    /// <param name="handler">The user's handler.</param>
    /// <param name="options">Valid, and the loop's own.</param>
    /// <param name="stop">Ends the loop.</param>
    public ForEachLoop(
        RecordReader<TKey, TValue> reader,
        PositionSet positions,
        ConsumerAssignment assignment,
        OffsetCommitter? committer,
        Platform platform,
        FailurePolicy policy,
        Func<Record<TKey, TValue>, CancellationToken, ValueTask> handler,
        ForEachOptions options,
        CancellationToken stop)
    {
        _reader = reader;
        _positions = positions;
        _assignment = assignment;
        _committer = committer;
        _options = options;
        _commitsBeforeRelease = assignment.CommitsBeforeRelease;
        _stop = stop;
        _work = platform.Work;
        _policy = policy;
        _handling = new RecordHandling<TKey, TValue>(
            handler, options, platform.Work, platform.Time, policy, reader.Signal.Wake, stop);
    }

    /// <inheritdoc/>
    public long Steps => _handling.OldestNumber;

    /// <inheritdoc/>
    public bool IsWaiting => _handling.IsIdle;

    /// <inheritdoc/>
    public bool MustEnd => _handling.Failure is not null;

    /// <inheritdoc/>
    public int InHand => _handling.InHand;

    /// <summary>Reads until it is stopped, in whatever way, and throws what has stopped it.</summary>
    public async Task RunAsync()
    {
        ReadScope scope = new(_reader.Claim, _reader.Signal, new ReadTokens(_stop, default));
        scope.TryEnter(out _);
        ExceptionDispatchInfo end;
        try
        {
            Begin();

            // A read that never finds its end would keep the caller for ever.
            await new QueueTurn(_work);
            end = await ReadAsync(scope.Tokens).ConfigureAwait(false);
            end = await EndAsync(end).ConfigureAwait(false);
        }
        finally
        {
            scope.Leave(found: false);
        }

        end.Throw();
    }

    /// <inheritdoc/>
    public async Task DrainAsync(IReadOnlyList<PartitionHold> revoked)
    {
        HandledCursor[] cursors = Find(revoked);
        await _handling.DrainAsync(cursors, cancels: false).ConfigureAwait(false);
        foreach (HandledCursor cursor in cursors)
        {
            Forget(cursor, cancels: false);
        }
    }

    /// <inheritdoc/>
    public void Lose(IReadOnlyList<PartitionHold> lost)
    {
        foreach (HandledCursor cursor in Find(lost))
        {
            Forget(cursor, cancels: true);
        }
    }

    private void Begin()
    {
        _reader.BeginLoop(this, new FetchNotes(_policy.TakesFaults, _policy.KeepsRaw));
        _assignment.InHand = this;
        if (_committer is not null)
        {
            _assignment.CommitsBeforeRelease = true;
            _committer.BeginInterval(
                _options.CommitInterval == Timeout.InfiniteTimeSpan ? null : _options.CommitInterval);
        }
    }

    /// <summary>Hands records to the handlers until something ends that, and returns what.</summary>
    private async Task<ExceptionDispatchInfo> ReadAsync(ReadTokens tokens)
    {
        // What a read has failed with is told when the records before it are handled: otherwise the same failure could
        // keep them from being handled for ever.
        ExceptionDispatchInfo? failed = null;
        while (true)
        {
            try
            {
                tokens.ThrowIfCancelled();
                if (_handling.Failure is { } failure)
                {
                    return failure;
                }

                if (failed is null)
                {
                    await ReadOnAsync(tokens).ConfigureAwait(false);
                }
                else if (_reader.Claim.IsClosing || _handling.TryFindEnd())
                {
                    return failed;
                }
                else
                {
                    await _reader.WaitAsync(tokens).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException cancelled) when (tokens.IsCancelled)
            {
                return ExceptionDispatchInfo.Capture(cancelled);
            }
#pragma warning disable CA1031 // Thrown when all that is in hand has ended.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                failed ??= ExceptionDispatchInfo.Capture(failure);
            }
        }
    }

    private async ValueTask ReadOnAsync(ReadTokens tokens)
    {
        _reader.ThrowIfStopped();
        if (!_handling.TryFindRoom(out int records, out long bytes))
        {
            await _reader.WaitAsync(tokens).ConfigureAwait(false);
        }
        else if (_reader.TryTakeInHand(records, bytes, out TakenRecords<TKey, TValue> taken))
        {
            _handling.Add(
                Of(taken.Cursor), taken.Version, taken.Records.Span, taken.Traits.Span, taken.Raw.Span);
            _reader.ForgetTaken(taken);
        }
        else
        {
            await _reader.FillAsync(ends: null, tokens).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Waits for what runs, commits what is finished, and keeps the rest for the next read. Returns what is thrown.
    /// </summary>
    private async Task<ExceptionDispatchInfo> EndAsync(ExceptionDispatchInfo end)
    {
        // The partitions of a consumer that is disposed may be another one's.
        await _handling.DrainAsync(positions: null, cancels: _reader.Claim.IsClosing).ConfigureAwait(false);
        _reader.EndLoop(cursor => _handling.Remove(Of(cursor), cancels: false));
        _assignment.InHand = null;
        _assignment.CommitsBeforeRelease = _commitsBeforeRelease;
        ExceptionDispatchInfo? failure = _handling.Failure;
        if (_committer is not null)
        {
            try
            {
                _committer.EndInterval();
                if (!_reader.Claim.IsClosing)
                {
                    await _committer.CommitFinishedAsync().ConfigureAwait(false);
                }
            }
            catch (EmbeddedLogException failed)
            {
                // What has ended the loop otherwise is told first; a commit that failed only has records come again.
                failure ??= end.SourceException is OperationCanceledException
                    ? ExceptionDispatchInfo.Capture(failed)
                    : null;
            }
        }

        return failure ?? end;
    }

    private HandledCursor Of(PartitionCursor cursor)
    {
        if (!_cursors.TryGetValue(cursor, out HandledCursor? handled))
        {
            _cursors.Add(cursor, handled = new HandledCursor(cursor, _positions, _committer));
        }

        return handled;
    }

    private HandledCursor[] Find(IReadOnlyList<PartitionHold> holds) =>
        [.. _cursors.Values.Where(cursor => holds.Contains(cursor.Cursor.Hold))];

    private void Forget(HandledCursor cursor, bool cancels)
    {
        _handling.Remove(cursor, cancels);
        _cursors.Remove(cursor.Cursor);
    }
}
