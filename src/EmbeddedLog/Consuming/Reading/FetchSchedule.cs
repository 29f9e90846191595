using System.Runtime.ExceptionServices;
using EmbeddedLog.Consuming.Positions;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// Chooses what a consumer reads next: each partition in its turn. One that could not be read waits longer after each
/// attempt, while the others go on. Only for the reader.
/// </summary>
internal sealed class FetchSchedule
{
    private readonly PositionSet _positions;
    private readonly TimeProvider _time;

    /// <summary>The partitions that are chosen from, and the order of their turns. Under the gate.</summary>
    private AssignedPartitions _assigned;
    private TurnOrder _order;

    /// <summary>The turn that comes next. Under the gate.</summary>
    private int _turn;

    /// <summary>Whether a partition may be in trouble. Without one, nobody asks for the time.</summary>
    private bool _mayBeTroubled;

    public FetchSchedule(PositionSet positions, TimeProvider time)
    {
        _positions = positions;
        _assigned = positions.Assigned;
        _order = new TurnOrder(_assigned.Cursors);
        _time = time;
    }

    /// <summary>
    /// Chooses what to read next; false where all that are not paused were read up to their ends, or wait for their
    /// next attempt. Positions that were left open are found first, whether paused or not.
    /// </summary>
    /// <param name="ends">Where the partitions end for this read, or null for their own ends.</param>
    /// <param name="batch">How a batch is filled; null where records are read one by one.</param>
    /// <param name="plan">What to read.</param>
    /// <param name="retryAt">The time stamp at which to look again: of the next attempt, or of a batch that waits for
    /// more records; null if there is none.</param>
    /// <exception cref="OffsetUnavailableException">
    /// A position is not in the log, and the policy is an error.
    /// </exception>
    /// <exception cref="CorruptLogException">
    /// A record is damaged that a search by time comes across, or a file of a partition that is followed.
    /// </exception>
    /// <exception cref="UnknownTopicException">A topic was deleted.</exception>
    /// <exception cref="LogTruncatedException">
    /// Records before a position were taken back; it was moved to the first of them.
    /// </exception>
    public bool TryChoose(ReadEnds? ends, BatchLimits? batch, out FetchPlan plan, out long? retryAt)
    {
        // Those who come first in the turn and have nothing to read. They are looked at again where nobody else has
        // anything, and not each time that a position is found.
        int passed = 0;
        ExceptionDispatchInfo? failed = null;
        while (true)
        {
            long now = _mayBeTroubled || batch is { WaitTicks: > 0 } ? _time.GetTimestamp() : 0;
            LostPartition? lost;
            lock (_positions.Gate)
            {
                if (FollowUnsynchronized())
                {
                    passed = 0;
                }

                plan = default;
                retryAt = null;
                lost = LostPartition.Of(_positions.FindOpen());
                if (lost is null && failed is null
                    && TryChooseUnsynchronized(ends, batch, now, ref passed, out plan, out lost, out retryAt))
                {
                    return true;
                }
            }

            if (lost is { } found)
            {
                if (!TryFind(found, ends, ref failed))
                {
                    // The turn has moved behind it.
                    passed = 0;
                }
            }
            else if (failed is not null)
            {
                // All other positions were found first, so that where they begin does not depend on this one.
                failed.Throw();
            }
            else if (passed == 0)
            {
                return false;
            }
            else
            {
                passed = 0;
            }
        }
    }

    /// <summary>
    /// Notes that a partition could not be read. True where that is not told now, for the others come first.
    /// </summary>
    public bool TryPostpone(in FetchPlan plan, EmbeddedLogException failure, ReadEnds? ends)
    {
        bool isRetry;
        lock (_positions.Gate)
        {
            isRetry = plan.Cursor.Trouble is not null;
        }

        if (failure is not UnknownTopicException)
        {
            failure.Locate(plan.Cursor.Log.Id, plan.From);
        }

        return TryPostpone(plan.Cursor, plan.Version, failure, othersFirst: ends is not null && !isRetry);
    }

    /// <summary>Gives the caller of the next <see cref="TryChoose"/> the partition after this one first.</summary>
    public void EndTurn(PartitionCursor cursor)
    {
        lock (_positions.Gate)
        {
            if (_assigned.Contains(cursor))
            {
                _turn = _order.TurnAfter(cursor.Slot);
            }
        }
    }

    /// <summary>Goes on with other partitions if the assignment has changed; false if not.</summary>
    private bool FollowUnsynchronized()
    {
        if (_assigned == _positions.Assigned)
        {
            return false;
        }

        _assigned = _positions.Assigned;
        _order = new TurnOrder(_assigned.Cursors);
        _turn = 0;
        foreach (PartitionCursor cursor in _assigned.Cursors)
        {
            _mayBeTroubled |= cursor.Trouble is not null;
        }

        return true;
    }

    /// <summary>Finds a position; false where the partition has failed.</summary>
    /// <param name="lost">The partition.</param>
    /// <param name="ends">As in <see cref="TryChoose"/>.</param>
    /// <param name="failed">The first failure that the caller must be told; it is told later where the others come
    /// first.</param>
    private bool TryFind(LostPartition lost, ReadEnds? ends, ref ExceptionDispatchInfo? failed)
    {
        try
        {
            lost.Failure?.Throw();
            _positions.Resolve(lost.Cursor, lost.Version);
            return true;
        }
        catch (EmbeddedLogException failure) when (PartitionTrouble.IsOfPartition(failure))
        {
            if (!TryPostpone(lost.Cursor, lost.Version, failure, othersFirst: ends is not null && !lost.IsRetry))
            {
                failed ??= ExceptionDispatchInfo.Capture(failure);
            }

            return false;
        }
    }

    private bool TryPostpone(PartitionCursor cursor, int version, EmbeddedLogException failure, bool othersFirst)
    {
        EndTurn(cursor);
        PartitionTrouble trouble = PartitionTrouble.After(cursor.Trouble, failure, _time);
        lock (_positions.Gate)
        {
            _mayBeTroubled = true;
            if (failure is UnknownTopicException)
            {
                // Told once for all partitions of the topic.
                foreach (PartitionCursor other in _positions.Cursors)
                {
                    other.Trouble = other.Log.Id.Topic == cursor.Log.Id.Topic ? trouble : other.Trouble;
                }
            }
            else if (cursor.Version == version)
            {
                cursor.Trouble = trouble;
            }
        }

        return othersFirst;
    }

    /// <param name="ends">As in <see cref="TryChoose"/>.</param>
    /// <param name="batch">As in <see cref="TryChoose"/>.</param>
    /// <param name="now">The time stamp of now, where a partition may be in trouble or a batch may wait.</param>
    /// <param name="passed">How many in the turn are passed over; those before the one that is lost, on return.</param>
    /// <param name="plan">What to read.</param>
    /// <param name="lost">A cursor that must be resolved first, or whose partition has failed.</param>
    /// <param name="retryAt">As in <see cref="TryChoose"/>.</param>
    private bool TryChooseUnsynchronized(
        ReadEnds? ends,
        BatchLimits? batch,
        long now,
        ref int passed,
        out FetchPlan plan,
        out LostPartition? lost,
        out long? retryAt)
    {
        ReadOnlySpan<PartitionCursor> cursors = _assigned.Cursors;
        List<PartitionCursor>? waiting = null;
        long fullAt = long.MaxValue;
        retryAt = null;
        for (int i = passed; i < cursors.Length; i++)
        {
            _positions.Looks++;
            PartitionCursor cursor = cursors[_order.SlotAt(_turn, after: i)];
            if (cursor.Trouble is { } trouble && (ends is not null || trouble.RetryAt > now || cursor.IsPaused))
            {
                // To the end there is no pause: whatever else there is comes first. Until then it is not even looked
                // at, for a look is an attempt. One that the user has paused stays in trouble for as long.
                (waiting ??= []).Add(cursor);
                continue;
            }

            if (TryPlan(cursor, ends, out plan, out lost))
            {
                if (batch is null || plan.IsKept || !batch.MustWait(cursor, plan.From, plan.Limit, now))
                {
                    return true;
                }

                fullAt = Math.Min(fullAt, cursor.Filling.DueAt);
            }
            else if (lost is not null)
            {
                passed = i;
                return false;
            }
        }

        plan = default;
        lost = null;
        if (passed > 0)
        {
            return false;
        }

        _mayBeTroubled &= waiting is not null;
        waiting?.RemoveAll(cursor => cursor.IsPaused);
        if (waiting is null or [])
        {
            retryAt = fullAt == long.MaxValue ? null : fullAt;
            return false;
        }

        if (ends is not null)
        {
            return TryRetry(waiting, ends, out plan, out lost);
        }

        retryAt = Math.Min(fullAt, waiting.Min(cursor => cursor.Trouble!.RetryAt));
        return false;
    }

    /// <summary>Plans the one in trouble that has waited longest, if there is anything to read.</summary>
    private bool TryRetry(
        List<PartitionCursor> waiting, ReadEnds ends, out FetchPlan plan, out LostPartition? lost)
    {
        foreach (PartitionCursor cursor in waiting.OrderBy(cursor => cursor.Trouble!.RetryAt))
        {
            if (TryPlan(cursor, ends, out plan, out lost))
            {
                return true;
            }

            if (lost is not null)
            {
                return false;
            }
        }

        plan = default;
        lost = null;
        return false;
    }

    /// <summary>
    /// What to read of a partition; otherwise the cursor where it must be resolved first, or where the partition does
    /// not even tell where it ends.
    /// </summary>
    private bool TryPlan(PartitionCursor cursor, ReadEnds? ends, out FetchPlan plan, out LostPartition? lost)
    {
        try
        {
            bool any = TryPlan(cursor, ends, out plan, out bool isLost);
            lost = isLost ? LostPartition.Of(cursor) : null;
            return any;
        }
        catch (EmbeddedLogException failure) when (PartitionTrouble.IsOfPartition(failure))
        {
            plan = default;
            lost = LostPartition.Of(cursor, failure);
            return false;
        }
    }

    private bool TryPlan(PartitionCursor cursor, ReadEnds? ends, out FetchPlan plan, out bool isLost)
    {
        plan = default;
        isLost = false;
        if (cursor.IsPaused)
        {
            return false;
        }

        long end = cursor.Log.PublishedEnd;
        cursor.CheckTruncations();
        long position = cursor.ReadFrom;
        bool isKept = position >= 0 && position < cursor.KeptTo;
        if (!isKept)
        {
            cursor.Log.ThrowIfClosed();
            if (position < cursor.Log.StartOffset || position > end)
            {
                isLost = true;
                return false;
            }
        }

        long limit = isKept ? cursor.KeptTo : end;
        if (_positions.Level == Durability.Flushed && !isKept)
        {
            limit = Math.Min(limit, cursor.Log.DurableEnd);
            if (ends is null && position >= limit)
            {
                cursor.Log.ThrowIfFlushesFailed();
            }
        }

        limit = ends is null ? limit : Math.Min(limit, ends.Of(cursor));
        if (position >= limit)
        {
            // Where it is read up to its end, nothing is wrong any more.
            cursor.Trouble = position >= end ? null : cursor.Trouble;
            return false;
        }

        plan = new FetchPlan(cursor, cursor.Version, position, limit, cursor.Truncations, isKept);
        return true;
    }
}
