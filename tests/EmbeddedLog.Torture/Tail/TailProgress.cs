namespace EmbeddedLog.Torture.Tail;

/// <summary>
/// What a follower has seen of one partition: how far it is, and which life of the owner each record came from, so that
/// one that is read again can be told from another in its place. Safe from any thread.
/// </summary>
internal sealed class TailProgress(int seed, int partition)
{
    private readonly Lock _gate = new();

    /// <summary>The first offset seen of each life, ascending.</summary>
    private readonly List<(long From, int Life)> _lives = [];

    private long _next = -1;

    public int Partition { get; } = partition;

    /// <summary>The offset behind the last record seen; negative before the first.</summary>
    public long Next => Volatile.Read(ref _next);

    public long Records { get; private set; }

    public long Gaps { get; private set; }

    /// <summary>Notes the next record of the one who reads in order.</summary>
    /// <param name="offset">Its offset.</param>
    /// <param name="value">Its value.</param>
    /// <param name="start">The log's start, read after the record.</param>
    public void NoteNext(long offset, ReadOnlySpan<byte> value, Func<long> start)
    {
        int life = TailRecord.Check(seed, Partition, offset, value);
        lock (_gate)
        {
            if (offset != _next && _next >= 0)
            {
                long present = start();
                if (offset < _next || present <= _next)
                {
                    throw new TailViolationException(
                        $"partition {Partition} went on at {offset} instead of {_next}; the log starts at {present}");
                }

                Gaps++;
            }

            if (_lives.Count == 0 || _lives[^1].Life != life)
            {
                if (_lives.Count > 0 && life < _lives[^1].Life)
                {
                    throw new TailViolationException(
                        $"partition {Partition} has at {offset} a record of life {life} behind one of "
                        + $"{_lives[^1].Life}");
                }

                _lives.Add((offset, life));
            }

            Records++;
            Volatile.Write(ref _next, offset + 1);
        }
    }

    /// <summary>Checks a record that may have been seen before.</summary>
    public void CheckAgain(long offset, ReadOnlySpan<byte> value)
    {
        int life = TailRecord.Check(seed, Partition, offset, value);
        lock (_gate)
        {
            int index = _lives.FindLastIndex(entry => entry.From <= offset);
            if (offset < _next && index >= 0 && _lives[index].Life != life)
            {
                throw new TailViolationException(
                    $"partition {Partition} has at {offset} a record of life {life} where there was one of "
                    + $"{_lives[index].Life}");
            }
        }
    }
}
