namespace EmbeddedLog.Consuming;

/// <summary>
/// Where a consumer is in all partitions of its topic. Safe to call from any thread, but for what only the reader uses.
/// </summary>
internal sealed class PositionSet
{
    private readonly PartitionCursor[] _cursors;
    private readonly string _topic;

    /// <summary>What decides where to go on when a position is no longer in the log.</summary>
    private readonly StartPolicy _policy;

    /// <summary>The partition whose turn it is. Only for the reader.</summary>
    private int _turn;

    public PositionSet(string topic, PartitionCursor[] cursors, StartPolicy policy)
    {
        _topic = topic;
        _cursors = cursors;
        _policy = policy;
    }

    /// <summary>Over all cursors. Held for moments, never while records are read or deserialised.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The cursors by partition.</summary>
    public ReadOnlySpan<PartitionCursor> Cursors => _cursors;

    /// <summary>The ends of all partitions as of now.</summary>
    public long[] Ends() => Array.ConvertAll(_cursors, cursor => cursor.Log.PublishedEnd);

    /// <summary>The cursor of a partition.</summary>
    /// <exception cref="ArgumentException">The partition is not of this topic.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The topic has no such partition.</exception>
    public PartitionCursor Get(TopicPartition partition)
    {
        if (partition.Topic != _topic)
        {
            throw ConsumerErrors.WrongTopic(_topic, partition.Topic);
        }

        return (uint)partition.Partition < (uint)_cursors.Length
            ? _cursors[partition.Partition]
            : throw ConsumerErrors.NoSuchPartition(_topic, partition.Partition, _cursors.Length);
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

    /// <summary>
    /// Chooses what to read next, each partition in its turn; false where all that are not paused were read up to their
    /// ends. Only for the reader.
    /// </summary>
    /// <param name="ends">Where the partitions end for this read, or null for their own ends.</param>
    /// <param name="plan">What to read.</param>
    /// <exception cref="OffsetUnavailableException">
    /// A position is not in the log, and the policy is an error.
    /// </exception>
    /// <exception cref="LogTruncatedException">
    /// Records before a position were taken back; it was moved to the first of them.
    /// </exception>
    public bool TryChoose(long[]? ends, out FetchPlan plan)
    {
        while (true)
        {
            PartitionCursor? lost;
            int version;
            lock (Gate)
            {
                if (TryChooseUnsynchronized(ends, out plan, out lost))
                {
                    return true;
                }

                version = lost?.Version ?? 0;
            }

            if (lost is null)
            {
                return false;
            }

            Resolve(lost, version);
        }
    }

    /// <summary>Gives the caller of the next <see cref="TryChoose"/> the partition after this one first.</summary>
    public void EndTurn(PartitionCursor cursor) => _turn = (cursor.Log.Id.Partition + 1) % _cursors.Length;

    /// <summary>Moves to an offset; whether it is in the log is judged by the next read.</summary>
    public void Seek(PartitionCursor cursor, long offset)
    {
        lock (Gate)
        {
            cursor.Seek(offset);
        }
    }

    /// <summary>Moves to the beginnings, wherever retention will have moved them by the next read.</summary>
    public void SeekToBeginning()
    {
        lock (Gate)
        {
            foreach (PartitionCursor cursor in _cursors)
            {
                cursor.Seek(StartPolicy.Earliest, cursor.Log.StartOffset);
            }
        }
    }

    /// <summary>Moves to the ends as of now.</summary>
    public void SeekToEnd()
    {
        lock (Gate)
        {
            foreach (PartitionCursor cursor in _cursors)
            {
                cursor.Seek(cursor.Log.PublishedEnd);
            }
        }
    }

    /// <summary>Moves to the first records at or after a time.</summary>
    public void Seek(DateTimeOffset timestamp)
    {
        // The searches read from the disk, so they come before the gate; all succeed, or nothing is moved.
        long[] found = Array.ConvertAll(_cursors, cursor => StartPosition.FindTime(cursor.Log, timestamp));
        lock (Gate)
        {
            for (int i = 0; i < found.Length; i++)
            {
                _cursors[i].Seek(found[i]);
            }
        }
    }

    /// <summary>Pauses or resumes a partition.</summary>
    public void Pause(PartitionCursor cursor, bool paused)
    {
        lock (Gate)
        {
            cursor.Pause(paused);
        }
    }

    /// <param name="ends">As in <see cref="TryChoose"/>.</param>
    /// <param name="plan">What to read.</param>
    /// <param name="lost">A cursor that must be resolved first.</param>
    private bool TryChooseUnsynchronized(long[]? ends, out FetchPlan plan, out PartitionCursor? lost)
    {
        plan = default;
        lost = null;
        for (int i = 0; i < _cursors.Length; i++)
        {
            PartitionCursor cursor = _cursors[(_turn + i) % _cursors.Length];
            if (cursor.IsPaused)
            {
                continue;
            }

            long end = cursor.Log.PublishedEnd;
            cursor.CheckTruncations();
            long position = cursor.Position;
            if (position < cursor.Log.StartOffset || position > end)
            {
                lost = cursor;
                return false;
            }

            long limit = ends is null ? end : Math.Min(end, ends[cursor.Log.Id.Partition]);
            if (position < limit)
            {
                plan = new FetchPlan(cursor, cursor.Version, position, limit, cursor.Truncations);
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Gives a position its value that was left open or is not in the log, unless it was moved meanwhile. Off the gate,
    /// for a search by time reads from the disk.
    /// </summary>
    private void Resolve(PartitionCursor cursor, int version)
    {
        long position;
        StartPolicy start;
        lock (Gate)
        {
            if (cursor.Version != version)
            {
                return;
            }

            position = cursor.Position;
            start = cursor.Start;
        }

        long found = position < 0
            ? StartPosition.Find(cursor.Log, start)
            : StartPosition.Reset(cursor.Log, position, _policy);
        lock (Gate)
        {
            if (cursor.Version == version)
            {
                cursor.Resolve(found);
            }
        }
    }
}
