namespace EmbeddedLog.Torture.Tail;

/// <summary>
/// The progress of a follower in one partition: the offset, and the owner's life that appended each record, to detect
/// another record at the same offset. Safe from any thread.
/// </summary>
internal sealed class TailProgress(int seed, int partition)
{
    private readonly Lock _gate = new();

    /// <summary>
    /// The lives of records, by their first offset, ascending. Several lives at one place mean that retention removed
    /// records before they were seen; another reader may still have them.
    /// </summary>
    private readonly List<(long From, int Earliest, int Latest)> _lives = [];

    private long _next = -1;

    public int Partition { get; } = partition;

    /// <summary>The offset after the last record seen; negative before the first.</summary>
    public long Next => Volatile.Read(ref _next);

    public long Records { get; private set; }

    public long Gaps { get; private set; }

    /// <summary>Notes the next record of the reader that reads in order.</summary>
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

            int last = _lives.Count == 0 ? life : _lives[^1].Latest;
            if (life < last)
            {
                throw new TailViolationException(
                    $"partition {Partition} has at {offset} a record of life {life} behind one of {last}");
            }

            if (life != last && offset > _next)
            {
                _lives.Add((_next, last, life));
            }

            if (life != last || _lives.Count == 0)
            {
                _lives.Add((offset, life, life));
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
            if (offset < _next && index >= 0 && (life < _lives[index].Earliest || life > _lives[index].Latest))
            {
                throw new TailViolationException(
                    $"partition {Partition} has at {offset} a record of life {life} where there was one of "
                    + $"{_lives[index].Earliest} to {_lives[index].Latest}");
            }
        }
    }
}
