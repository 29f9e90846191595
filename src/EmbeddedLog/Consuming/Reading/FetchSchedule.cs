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

    /// <summary>The slot of the partition whose turn it is.</summary>
    private int _turn;

    /// <summary>Whether a partition may be in trouble. Without one, nobody asks for the time.</summary>
    private bool _mayBeTroubled;

    public FetchSchedule(PositionSet positions, TimeProvider time)
    {
        _positions = positions;
        _time = time;
    }

    /// <summary>
    /// Chooses what to read next; false where all that are not paused were read up to their ends, or wait for their
    /// next attempt. Positions that were left open are found first, whether paused or not.
    /// </summary>
    /// <param name="ends">Where the partitions end for this read, by slot, or null for their own ends.</param>
    /// <param name="plan">What to read.</param>
    /// <param name="retryAt">The time stamp of the next attempt that is waited for, or null.</param>
    /// <exception cref="OffsetUnavailableException">
    /// A position is not in the log, and the policy is an error.
    /// </exception>
    /// <exception cref="CorruptLogException">A record is damaged that a search by time comes across.</exception>
    /// <exception cref="LogTruncatedException">
    /// Records before a position were taken back; it was moved to the first of them.
    /// </exception>
    public bool TryChoose(long[]? ends, out FetchPlan plan, out long? retryAt)
    {
        // Those who come first in the turn and have nothing to read. They are looked at again where nobody else has
        // anything, and not each time that a position is found.
        int passed = 0;
        while (true)
        {
            long now = _mayBeTroubled ? _time.GetTimestamp() : 0;
            PartitionCursor? lost;
            bool isRetry = false;
            int version;
            lock (_positions.Gate)
            {
                plan = default;
                retryAt = null;
                lost = _positions.FindOpen();
                if (lost is null && TryChooseUnsynchronized(ends, now, ref passed, out plan, out lost, out retryAt))
                {
                    return true;
                }

                version = lost?.Version ?? 0;
                isRetry = lost?.Trouble is not null;
            }

            if (lost is null)
            {
                if (passed == 0)
                {
                    return false;
                }

                passed = 0;
                continue;
            }

            try
            {
                _positions.Resolve(lost, version);
            }
            catch (EmbeddedLogException failure) when (
                PartitionTrouble.IsOfPartition(failure)
                && TryPostpone(lost, version, failure, othersFirst: ends is not null && !isRetry))
            {
                // The others first; then it is tried once more. The turn has moved behind it.
                passed = 0;
            }
        }
    }

    /// <summary>
    /// Notes that a partition could not be read. True where that is not told now, for the others come first.
    /// </summary>
    public bool TryPostpone(in FetchPlan plan, EmbeddedLogException failure, long[]? ends)
    {
        bool isRetry;
        lock (_positions.Gate)
        {
            isRetry = plan.Cursor.Trouble is not null;
        }

        failure.Locate(plan.Cursor.Log.Id, plan.From);
        return TryPostpone(plan.Cursor, plan.Version, failure, othersFirst: ends is not null && !isRetry);
    }

    /// <summary>Gives the caller of the next <see cref="TryChoose"/> the partition after this one first.</summary>
    public void EndTurn(PartitionCursor cursor) =>
        _turn = (cursor.Slot + 1) % _positions.Cursors.Length;

    private bool TryPostpone(PartitionCursor cursor, int version, EmbeddedLogException failure, bool othersFirst)
    {
        EndTurn(cursor);
        PartitionTrouble trouble = PartitionTrouble.After(cursor.Trouble, failure, _time);
        lock (_positions.Gate)
        {
            if (cursor.Version == version)
            {
                cursor.Trouble = trouble;
                _mayBeTroubled = true;
            }
        }

        return othersFirst;
    }

    /// <param name="ends">As in <see cref="TryChoose"/>.</param>
    /// <param name="now">The time stamp of now, where a partition may be in trouble.</param>
    /// <param name="passed">How many in the turn are passed over; those before the one that is lost, on return.</param>
    /// <param name="plan">What to read.</param>
    /// <param name="lost">A cursor that must be resolved first.</param>
    /// <param name="retryAt">As in <see cref="TryChoose"/>.</param>
    private bool TryChooseUnsynchronized(
        long[]? ends,
        long now,
        ref int passed,
        out FetchPlan plan,
        out PartitionCursor? lost,
        out long? retryAt)
    {
        ReadOnlySpan<PartitionCursor> cursors = _positions.Cursors;
        PartitionCursor? waiting = null;
        bool anyTrouble = false;
        retryAt = null;
        for (int i = passed; i < cursors.Length; i++)
        {
            _positions.Looks++;
            PartitionCursor cursor = cursors[(_turn + i) % cursors.Length];
            if (cursor.Trouble is { } trouble)
            {
                anyTrouble = true;
                if (ends is not null || trouble.RetryAt > now)
                {
                    // To the end there is no pause: whatever else there is comes first, and then the one that has
                    // waited longest.
                    if (IsReadable(cursor, ends) && (waiting is null || trouble.RetryAt < waiting.Trouble!.RetryAt))
                    {
                        waiting = cursor;
                    }

                    continue;
                }
            }

            if (TryPlan(cursor, ends, out plan, out lost))
            {
                return true;
            }

            if (lost is not null)
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

        _mayBeTroubled &= anyTrouble;
        if (waiting is null)
        {
            return false;
        }

        if (ends is not null)
        {
            return TryPlan(waiting, ends, out plan, out lost);
        }

        retryAt = waiting.Trouble!.RetryAt;
        return false;
    }

    private static bool IsReadable(PartitionCursor cursor, long[]? ends) =>
        TryPlan(cursor, ends, out _, out PartitionCursor? lost) || lost is not null;

    /// <summary>What to read of a partition; otherwise the cursor where it must be resolved first.</summary>
    private static bool TryPlan(PartitionCursor cursor, long[]? ends, out FetchPlan plan, out PartitionCursor? lost)
    {
        plan = default;
        lost = null;
        if (cursor.IsPaused)
        {
            return false;
        }

        long end = cursor.Log.PublishedEnd;
        cursor.CheckTruncations();
        long position = cursor.Position;
        bool isKept = position >= 0 && position < cursor.KeptTo;
        if (!isKept && (position < cursor.Log.StartOffset || position > end))
        {
            lost = cursor;
            return false;
        }

        long limit = isKept ? cursor.KeptTo : end;
        limit = ends is null ? limit : Math.Min(limit, ends[cursor.Slot]);
        if (position >= limit)
        {
            return false;
        }

        plan = new FetchPlan(cursor, cursor.Version, position, limit, cursor.Truncations, isKept);
        return true;
    }
}
