using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Consuming.Positions;

/// <summary>
/// Where a consumer is in one partition: what is finished, what it has handed out beyond that, and what is committed.
/// Everything is under the gate of its <see cref="PositionSet"/>, but for what only the reader uses.
/// </summary>
internal sealed class PartitionCursor
{
    private const long None = -1;

    /// <summary>Differs from every position, so that the next commit of what is finished commits it.</summary>
    private const long Unsettled = -2;

    /// <summary>
    /// The offset behind the records that the present read has in hand. At or below the position where it has none.
    /// </summary>
    private long _inHandTo = None;

    /// <summary>
    /// The offset behind the records that earlier reads have handed out and nobody has finished. At or below the
    /// position where there are none.
    /// </summary>
    private long _unfinishedTo = None;

    /// <summary>The position as of the last commit: while it is the same there is nothing new to commit.</summary>
    private long _settled;

    /// <summary>What a commit commits while the position is left open; negative where that is nothing.</summary>
    private long _expected = None;

    /// <summary>A cursor at what its group has committed, or else to be resolved by a policy.</summary>
    public PartitionCursor(ReadablePartition log, StartPolicy start, long? committed)
    {
        Log = log;
        Truncations = log.Truncations;
        Start = start;
        Position = committed ?? None;
        Committed = Position;
        _settled = Position;
    }

    /// <summary>The partition.</summary>
    public ReadablePartition Log { get; }

    /// <summary>
    /// The cursor's place among those of its consumer: what is kept for each partition is found by it. Written once,
    /// when the consumer is made.
    /// </summary>
    public int Slot { get; set; }

    /// <summary>
    /// The first offset that is not finished; negative while that is left to <see cref="Start"/>. Whenever the reader
    /// looks for more, it has nothing in hand, so that this is what it reads next.
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

    /// <summary>
    /// The offset that this consumer committed last, or found committed; negative where there is none.
    /// </summary>
    public long Committed { get; private set; }

    /// <summary>
    /// Whether the position must be committed before anything is handed out: the same policy would give another one
    /// later, and what was appended in between would never be read.
    /// </summary>
    public bool MustCommit { get; private set; }

    /// <summary>
    /// The offset behind the records that the reader keeps in memory from the position on, for they were handed out and
    /// not finished. At or below the position where it keeps none.
    /// </summary>
    public long KeptTo { get; private set; } = None;

    /// <summary>
    /// What was wrong at the position, while nobody has read from there since; null where all is well.
    /// </summary>
    public PartitionTrouble? Trouble { get; set; }

    /// <summary>Where the last scan ended. Only for the reader.</summary>
    public ScanPosition Scanned { get; set; }

    /// <summary>
    /// The offset up to which the last read has found what there is. It is below the offset read from where nothing is
    /// known. Only for the reader.
    /// </summary>
    public long PassedTo { get; set; }

    /// <summary>The offset behind all that was handed out.</summary>
    private long HandedOutTo => Math.Max(Position, Math.Max(_inHandTo, _unfinishedTo));

    /// <summary>
    /// Where to scan for an offset: where the last scan ended, if that is the place. Only for the reader.
    /// </summary>
    public ScanPosition ScanFrom(long offset) => Scanned.NextOffset == offset ? Scanned : ScanPosition.At(offset);

    /// <summary>Gives the position that was left open, or is no longer in the log, its value.</summary>
    /// <param name="offset">The value.</param>
    /// <param name="mustCommit">Whether another start might find another one.</param>
    public void Resolve(long offset, bool mustCommit)
    {
        if (_settled == None)
        {
            // Nothing is finished by that.
            _settled = offset;
        }

        Position = offset;
        MustCommit = mustCommit;
        Trouble = null;
    }

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

    /// <summary>Notes that the records before an offset are in hand.</summary>
    public void HandOut(long next) => _inHandTo = next;

    /// <summary>Notes that the records in hand are finished; false if there are none.</summary>
    public bool Finish()
    {
        if (_inHandTo <= Position)
        {
            return false;
        }

        Position = _inHandTo;
        return true;
    }

    /// <summary>
    /// Notes that a record and those before it are finished, as far as they were handed out; false where that changes
    /// nothing.
    /// </summary>
    public bool Finish(long offset)
    {
        if (Position < 0 || offset < Position || offset >= HandedOutTo)
        {
            return false;
        }

        Position = offset + 1;
        return true;
    }

    /// <summary>
    /// Notes that the read is over which had records in hand; tells which of them, and of those of earlier reads, are
    /// not finished: from the position up to this offset, or none where it is not above.
    /// </summary>
    public long EndRead()
    {
        _unfinishedTo = HandedOutTo;
        _inHandTo = None;
        return _unfinishedTo;
    }

    /// <summary>Notes up to where the reader keeps unfinished records in memory.</summary>
    public void Keep(long to) => KeptTo = to;

    /// <summary>Moves the position at the user's wish: what lies below counts as finished, and nothing above.</summary>
    public void Seek(long offset)
    {
        Position = offset;
        _expected = None;
        Forget();
    }

    /// <summary>Leaves the position to be resolved by the next read.</summary>
    /// <param name="start">How it is resolved.</param>
    /// <param name="expected">What that would give now.</param>
    public void Seek(StartPolicy start, long expected)
    {
        Position = None;
        Start = start;
        _expected = expected;
        Forget();
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
        long readTo = HandedOutTo;
        Truncations = now;
        if (to < readTo)
        {
            Seek(Math.Min(Position, to));
            throw PartitionErrors.Truncated(Log.Id, to, readTo);
        }
    }

    /// <summary>Stops or resumes handing out. What was read ahead is dropped, not lost: the position stays.</summary>
    public void Pause(bool paused)
    {
        Version += paused && !IsPaused ? 1 : 0;
        IsPaused = paused;
    }

    /// <summary>What a commit of all that is finished commits; negative where there is nothing new.</summary>
    public long FindUncommitted()
    {
        if (Position == _settled)
        {
            return None;
        }

        // A seek may have gone beyond the end, which is judged by the next read; no more can be finished than there is.
        long next = Position < 0 ? _expected : Math.Min(Position, Log.PublishedEnd);
        return next == Committed ? None : next;
    }

    /// <summary>
    /// Notes a commit: what was handed out below it is finished. Where to read on does not change: the commit is for
    /// whoever comes next.
    /// </summary>
    public void NoteCommitted(long next)
    {
        if (Position >= 0)
        {
            Position = Math.Max(Position, Math.Min(next, HandedOutTo));
        }

        Committed = next;
        _settled = Position;
    }

    /// <summary>Notes that the position is committed as durably as commits are to be.</summary>
    public void NoteSettled() => MustCommit = false;

    /// <summary>Nothing that was handed out counts any more, but for what lies below the position.</summary>
    private void Forget()
    {
        Version++;
        _inHandTo = None;
        _unfinishedTo = None;
        _settled = Unsettled;
        KeptTo = None;
        Trouble = null;
        MustCommit = false;
    }
}
