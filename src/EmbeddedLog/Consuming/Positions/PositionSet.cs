using EmbeddedLog.Consuming.Reading;
using EmbeddedLog.Partitions.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Consuming.Positions;

/// <summary>
/// Where a consumer is in all partitions that it reads. Safe to call from any thread; what chooses what to read next is
/// in <see cref="FetchSchedule"/>.
/// </summary>
internal sealed class PositionSet
{
    /// <summary>Replaced as a whole under the gate when the assignment changes; read by anyone.</summary>
    private AssignedPartitions _assigned = new([]);

    /// <summary>What decides where to go on when a position is no longer in the log.</summary>
    private readonly StartPolicy _policy;
    private readonly ILogger _logger;

    /// <summary>
    /// The first slot whose position may be left open: the search for those goes on where it was. Under the gate.
    /// </summary>
    private int _openFrom;

    /// <summary>No positions at first: they come and go with the assignment.</summary>
    public PositionSet(StartPolicy policy, Durability level, ILogger logger)
    {
        _logger = logger;
        _policy = policy;
        Level = level;
    }

    /// <summary>Which records are read.</summary>
    public Durability Level { get; }

    /// <summary>
    /// Whether a position may have to be committed before anything is handed out. Written under the gate.
    /// </summary>
    public bool MayHaveToCommit { get; set; }

    /// <summary>Those who wait until positions have moved.</summary>
    public PositionWaits Waits { get; } = new();

    /// <summary>How many cursors were looked at to choose one: what that costs. Under the gate.</summary>
    public long Looks { get; set; }

    /// <summary>Over all cursors. Held for moments, never while records are read or deserialised.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The partitions that are assigned at present; another object after each change.</summary>
    public AssignedPartitions Assigned => Volatile.Read(ref _assigned);

    /// <summary>The cursors by slot.</summary>
    public ReadOnlySpan<PartitionCursor> Cursors => Assigned.Cursors;

    /// <summary>Puts other partitions in the place of those that were assigned. Under the gate.</summary>
    public void AssignUnsynchronized(AssignedPartitions assigned)
    {
        Volatile.Write(ref _assigned, assigned);
        _openFrom = 0;
        MayHaveToCommit = false;
        foreach (PartitionCursor cursor in assigned.Cursors)
        {
            MayHaveToCommit |= cursor.MustCommit;
        }

        Waits.Wake();
    }

    /// <summary>
    /// A cursor whose position was left open, if there is any that is well. One in trouble is found when it is read.
    /// Under the gate.
    /// </summary>
    public PartitionCursor? FindOpen()
    {
        ReadOnlySpan<PartitionCursor> cursors = Cursors;
        for (; _openFrom < cursors.Length; _openFrom++)
        {
            Looks++;
            if (cursors[_openFrom] is { Position: < 0, Trouble: null } open)
            {
                return open;
            }
        }

        return null;
    }

    /// <summary>The position in a partition, resolved if it was left open.</summary>
    /// <exception cref="OffsetUnavailableException">It was left open, and the policy is an error.</exception>
    public long GetPosition(PartitionCursor cursor)
    {
        while (true)
        {
            int version;
            lock (Gate)
            {
                if (cursor.Position >= 0)
                {
                    return cursor.Position;
                }

                version = cursor.Version;
            }

            Resolve(cursor, version);
        }
    }

    /// <summary>Moves to an offset; whether it is in the log is judged by the next read.</summary>
    public void Seek(PartitionCursor cursor, long offset)
    {
        lock (Gate)
        {
            SeekUnsynchronized(cursor, offset);
        }
    }

    /// <summary>
    /// Moves behind a failure at an offset, if nothing has moved the position since.
    /// </summary>
    /// <exception cref="InvalidOperationException">The position has moved.</exception>
    public void Skip(PartitionCursor cursor, EmbeddedLogException failure, long offset, long behind)
    {
        lock (Gate)
        {
            // The record may stand behind offsets that are gone since a salvage. One that was handed out since is not
            // passed for a failure of before.
            bool isRead = cursor.Trouble is null && cursor.HandedOutTo > offset;
            if (isRead || (cursor.Position != offset && cursor.Trouble?.Failure != failure))
            {
                throw ConsumerErrors.HasMoved(cursor.Log.Id, offset, cursor.Position);
            }

            SeekUnsynchronized(cursor, behind);
        }
    }

    /// <summary>Finishes a record and those before it; false where that changes nothing.</summary>
    public bool Finish(PartitionCursor cursor, long offset)
    {
        bool moved;
        lock (Gate)
        {
            moved = cursor.Finish(offset);
        }

        Waits.Wake();
        return moved;
    }

    /// <summary>Moves one position to a target.</summary>
    public void Seek(PartitionCursor cursor, SeekTarget to)
    {
        // The search may read from the disk, so it comes before the gate.
        cursor.Log.ThrowIfClosed();
        long found = StartPosition.Find(cursor.Log, StartPolicy.Of(to));
        lock (Gate)
        {
            SeekUnsynchronized(cursor, to, found);
        }
    }

    /// <summary>
    /// Moves all positions to a target, but those in topics that were deleted and in damaged partitions: the next read
    /// tells.
    /// </summary>
    public void Seek(SeekTarget to, CancellationToken cancellationToken)
    {
        // All searches come before the first move: all succeed, or nothing is moved.
        ReadOnlySpan<PartitionCursor> cursors = Cursors;
        long[] found = new long[cursors.Length];
        for (int i = 0; i < found.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (cursors[i].Log.IsDamaged)
            {
                found[i] = -1;
                continue;
            }

            try
            {
                cursors[i].Log.ThrowIfClosed();
                found[i] = StartPosition.Find(cursors[i].Log, StartPolicy.Of(to));
            }
            catch (UnknownTopicException)
            {
                found[i] = -1;
            }
        }

        lock (Gate)
        {
            for (int i = 0; i < found.Length; i++)
            {
                if (found[i] >= 0)
                {
                    SeekUnsynchronized(cursors[i], to, found[i]);
                }
            }
        }
    }

    /// <summary>
    /// How far each position is from its end, by slot, but for those in topics that were deleted and in damaged
    /// partitions, whose ends are unknown.
    /// </summary>
    /// <param name="now">The time, for the lag in time.</param>
    public ConsumerLag GetLag(DateTimeOffset now)
    {
        List<PartitionLag> lags = new(Cursors.Length);
        foreach (PartitionCursor cursor in Cursors)
        {
            try
            {
                (long position, long end) = FindLag(cursor);
                lags.Add(new PartitionLag(cursor.Log.Id, position, end)
                {
                    Time = RecordAge.Find(cursor.Log, position, end, now),
                });
            }
            catch (UnknownTopicException)
            {
                // Nobody can be behind in it.
            }
            catch (CorruptLogException damaged) when (cursor.Log.IsDamaged)
            {
                // Left out, it would look as if all had been read.
                lags.Add(new PartitionLag(cursor.Log.Id, Position: -1, EndOffset: -1) { Failure = damaged });
            }
        }

        return new ConsumerLag(lags);
    }

    /// <summary>Whether all that lies before some ends is finished, but for topics that were deleted.</summary>
    /// <exception cref="CorruptLogException">A partition is damaged, so that nobody knows.</exception>
    public bool HasCaughtUp(ReadEnds ends)
    {
        foreach (PartitionCursor cursor in Cursors)
        {
            try
            {
                (long position, long end) = FindLag(cursor);
                if (position < Math.Min(end, ends.Of(cursor)))
                {
                    return false;
                }
            }
            catch (UnknownTopicException)
            {
                // Nobody can be behind in it.
            }
        }

        return true;
    }

    /// <summary>Pauses or resumes a partition.</summary>
    public void Pause(PartitionCursor cursor, bool paused)
    {
        lock (Gate)
        {
            cursor.Pause(paused);
        }
    }

    /// <summary>
    /// Gives a position its value that was left open or is not in the log, unless it was moved meanwhile. Off the gate,
    /// for a search by time reads from the disk.
    /// </summary>
    /// <exception cref="OffsetUnavailableException">The policy is an error.</exception>
    /// <exception cref="CorruptLogException">A record is damaged that a search by time comes across.</exception>
    public void Resolve(PartitionCursor cursor, int version)
    {
        long position;
        long committed;
        StartPolicy start;
        lock (Gate)
        {
            if (cursor.Version != version)
            {
                return;
            }

            position = cursor.Position;
            committed = cursor.Committed;
            start = position < 0 ? cursor.Start : _policy;
        }

        bool mustCommit = IsNeededByNextStart(cursor, committed);
        long found = position < 0
            ? StartPosition.Find(cursor.Log, start)
            : StartPosition.Reset(cursor.Log, position, start, _logger);
        long end = cursor.Log.PublishedEnd;
        lock (Gate)
        {
            bool isBeyond = cursor.ReadFrom > end;
            if (cursor.Version == version && cursor.Position == position && (found != position || isBeyond))
            {
                // A commit that was made meanwhile is its user's, and stands.
                cursor.Resolve(found, mustCommit && cursor.Committed == committed);
                MayHaveToCommit |= cursor.MustCommit;
            }
        }
    }

    /// <summary>
    /// Whether the group's next consumer would begin elsewhere for want of a commit, and pass what was appended until
    /// then. Where it begins at the earliest record it passes nothing, and where the policy is an error it is told.
    /// </summary>
    private bool IsNeededByNextStart(PartitionCursor cursor, long committed) =>
        _policy != StartPolicy.Earliest
        && !_policy.IsError
        && (committed < 0 || committed < cursor.Log.StartOffset || committed > cursor.Log.PublishedEnd);

    private (long Position, long End) FindLag(PartitionCursor cursor)
    {
        cursor.Log.ThrowIfClosed();
        long position;
        StartPolicy start;
        lock (Gate)
        {
            position = cursor.Position;
            start = cursor.Start;
        }

        if (position < 0)
        {
            // Found, and not kept: the first read decides.
            position = StartPosition.Find(cursor.Log, start.IsError ? StartPolicy.Earliest : start);
        }

        return (position, cursor.Log.PublishedEnd);
    }

    private void SeekUnsynchronized(PartitionCursor cursor, SeekTarget to, long found)
    {
        if (to != SeekTarget.Beginning)
        {
            SeekUnsynchronized(cursor, found);
            return;
        }

        // Wherever retention will have moved the beginning by the next read.
        cursor.Seek(StartPolicy.Earliest, found);
        _openFrom = Math.Min(_openFrom, cursor.Slot);
        Waits.Wake();
    }

    private void SeekUnsynchronized(PartitionCursor cursor, long offset)
    {
        cursor.Seek(
            offset,
            mustCommit: cursor.Committed < 0 && _policy != StartPolicy.Earliest && !_policy.IsError
                && !cursor.Log.IsDamaged);
        MayHaveToCommit |= cursor.MustCommit;
        Waits.Wake();
    }
}
