using EmbeddedLog.Storage;

namespace EmbeddedLog.Consuming;

/// <summary>
/// Where a consumer is in one partition: what it hands out next, what is finished, and what is committed. Everything is
/// under the gate of its <see cref="PositionSet"/>, but for what only the reader uses.
/// </summary>
internal sealed class PartitionCursor
{
    private const long None = -1;

    /// <summary>Whether the record before the position was handed out and is not finished.</summary>
    private bool _handedOut;

    /// <summary>A cursor at what its group has committed, or else to be resolved by a policy.</summary>
    public PartitionCursor(ReadablePartition log, StartPolicy start, long? committed)
    {
        Log = log;
        Truncations = log.Truncations;
        Start = start;
        Position = committed ?? None;
        Committed = Position;
    }

    /// <summary>The partition.</summary>
    public ReadablePartition Log { get; }

    /// <summary>
    /// The offset of the record that is handed out next; negative while that is left to <see cref="Start"/>.
    /// </summary>
    public long Position { get; private set; }

    /// <summary>What decides on the position where it is left open.</summary>
    public StartPolicy Start { get; private set; }

    /// <summary>The truncations of the partition that the position has been judged by.</summary>
    public int Truncations { get; private set; }

    /// <summary>Whether nothing is handed out for now.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Counts what makes records that were read ahead useless. Whoever read them compares.</summary>
    public int Version { get; private set; }

    /// <summary>The offset behind the last finished record; negative while there is none.</summary>
    public long Finished { get; private set; } = None;

    /// <summary>
    /// The offset that this consumer committed last, or found committed; negative where there is none.
    /// </summary>
    public long Committed { get; private set; }

    /// <summary>Whether something is finished that is not committed.</summary>
    public bool HasUncommitted => Finished >= 0 && Finished != Committed;

    /// <summary>Where the last scan ended. Only for the reader.</summary>
    public ScanPosition Scanned { get; set; }

    /// <summary>
    /// The offset up to which the last read has found what there is. It is below the offset read from where nothing is
    /// known. Only for the reader.
    /// </summary>
    public long PassedTo { get; set; }

    /// <summary>
    /// Where to scan for an offset: where the last scan ended, if that is the place. Only for the reader.
    /// </summary>
    public ScanPosition ScanFrom(long offset) => Scanned.NextOffset == offset ? Scanned : ScanPosition.At(offset);

    /// <summary>Gives the position that was left open, or is no longer in the log, its value.</summary>
    public void Resolve(long offset) => Position = offset;

    /// <summary>
    /// Moves the position behind offsets that a salvage has found gone, where nothing else was found up to a limit.
    /// </summary>
    public void PassGap(in FetchPlan plan)
    {
        if (Position == plan.From)
        {
            Position = Math.Max(Position, PassedTo);
        }
    }

    /// <summary>Moves the position behind a record that is handed out.</summary>
    public void HandOut(long next)
    {
        Position = next;
        _handedOut = true;
    }

    /// <summary>Notes that the records handed out are finished; false if there are none.</summary>
    public bool Finish()
    {
        if (!_handedOut)
        {
            return false;
        }

        _handedOut = false;
        Finished = Position;
        return true;
    }

    /// <summary>
    /// Moves the position at the user's wish. What was handed out is not finished by that, and what lies behind the new
    /// position is no longer finished, since it will be handed out again.
    /// </summary>
    public void Seek(long offset)
    {
        Position = offset;
        TakeBackFinished(offset);
    }

    /// <summary>Leaves the position to be resolved by the next read.</summary>
    /// <param name="start">How it is resolved.</param>
    /// <param name="expected">What that would give now.</param>
    public void Seek(StartPolicy start, long expected)
    {
        Position = None;
        Start = start;
        TakeBackFinished(expected);
    }

    /// <summary>
    /// Judges the position by the truncations there have been; where records before it were taken back it moves to the
    /// first of them, and that is told.
    /// </summary>
    /// <exception cref="LogTruncatedException">Records that were handed out, or passed over, were taken
    /// back.</exception>
    public void CheckTruncations()
    {
        int now = Log.Truncations;
        if (now == Truncations)
        {
            return;
        }

        long to = Log.TruncatedTo(Truncations);
        Truncations = now;
        if (to < Position)
        {
            long readTo = Position;
            Seek(to);
            throw StorageErrors.Truncated(Log.Id, to, readTo);
        }
    }

    /// <summary>Stops or resumes handing out. What was read ahead is dropped, not lost: the position stays.</summary>
    public void Pause(bool paused)
    {
        Version += paused && !IsPaused ? 1 : 0;
        IsPaused = paused;
    }

    /// <summary>
    /// Notes a commit: everything below it counts as finished, and nothing above it that is not yet so.
    /// </summary>
    public void NoteCommitted(long next)
    {
        Committed = next;
        Finished = next;
        _handedOut &= Position > next;
    }

    private void TakeBackFinished(long offset)
    {
        Version++;
        _handedOut = false;
        Finished = Math.Min(Finished, offset);
    }
}
