using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Consuming.Positions;

/// <summary>
/// The position of a consumer in one partition: the finished records, the ones returned beyond that, and the commit.
/// Everything is under the gate of its <see cref="PositionSet"/>, except for the members that only the reader uses.
/// </summary>
internal sealed class PartitionCursor
{
    private const long None = -1;

    /// <summary>Differs from every position, so that the next commit of finished records includes this one.</summary>
    private const long Unsettled = -2;

    /// <summary>
    /// The offset after the records in hand of the present read. At or below the position if there are none.
    /// </summary>
    private long _inHandTo = None;

    /// <summary>
    /// The offset after the unfinished records of earlier reads. At or below the position if there are none.
    /// </summary>
    private long _unfinishedTo = None;

    /// <summary>Offsets behind what is in hand that a salvage has lost: they are passed with what is before.</summary>
    private (long From, long To) _gap = (None, None);

    /// <summary>The position as of the last commit: while the two are equal there is nothing new to commit.</summary>
    private long _settled;

    /// <summary>The offset for a commit while the position is open; negative for none.</summary>
    private long _expected = None;

    /// <summary>
    /// Where the last truncation began, and the offset after what had been returned by then: what lies between is
    /// committed only if it was returned again.
    /// </summary>
    private (long To, long ReadTo) _takenBack = (None, None);

    /// <summary>
    /// The epoch of the commit that the position is, while it is unknown whether its records are all there; null if it
    /// is known.
    /// </summary>
    private uint? _uncheckedEpoch;

    /// <summary>A cursor at its group's commit, or else to be resolved by a policy.</summary>
    /// <param name="hold">The assignment.</param>
    /// <param name="start">The policy.</param>
    /// <param name="committed">The offset of the commit, or null.</param>
    /// <param name="truncations">The number of the partition's truncations before that was looked up.</param>
    /// <param name="uncheckedEpoch">The commit's epoch, if it is unknown whether all its records are there.</param>
    public PartitionCursor(
        PartitionHold hold, StartPolicy start, long? committed, int truncations, uint? uncheckedEpoch = null)
    {
        Hold = hold;
        Log = hold.Partition;
        Truncations = truncations;
        _uncheckedEpoch = uncheckedEpoch;
        Start = start;
        Position = committed ?? None;
        Committed = Position;
        _settled = Position;
    }

    /// <summary>The assignment under which the partition is read.</summary>
    public PartitionHold Hold { get; }

    /// <summary>The partition.</summary>
    public ReadablePartition Log { get; }

    /// <summary>
    /// The cursor's index among those of its consumer, in the order of the subscription. Written when the assignment
    /// changes.
    /// </summary>
    public int Slot { get; set; }

    /// <summary>
    /// The first offset that is not finished; negative while <see cref="Start"/> still has to give it.
    /// </summary>
    public long Position { get; private set; }

    /// <summary>
    /// The offset that the reader reads next: the one behind what is in hand, which only a loop with handlers keeps
    /// while it looks for more. Negative while the position is open.
    /// </summary>
    public long ReadFrom => Position < 0 ? Position : Math.Max(Position, _inHandTo);

    /// <summary>The policy that gives the position while it is open.</summary>
    public StartPolicy Start { get; private set; }

    /// <summary>The number of the partition's truncations for which the position was checked.</summary>
    public int Truncations { get; private set; }

    /// <summary>Whether the partition is paused.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Counts the changes that make records read ahead useless. Compared after each read.</summary>
    public int Version { get; private set; }

    /// <summary>The last commit of this consumer, or the one that it found; negative for none.</summary>
    public long Committed { get; private set; }

    /// <summary>
    /// Whether the position must be committed before the first record is returned: the same policy would give another
    /// one later, and the records appended in between would never be read.
    /// </summary>
    public bool MustCommit { get; private set; }

    /// <summary>
    /// The offset after the records, from the position on, that the reader keeps in memory because they were returned
    /// and not finished. At or below the position if there are none.
    /// </summary>
    public long KeptTo { get; private set; } = None;

    /// <summary>The failure at the position, until a read from there succeeds; null if there is none.</summary>
    public PartitionTrouble? Trouble { get; set; }

    /// <summary>How long the next batch waits for more records. Only for the reader.</summary>
    public BatchFilling Filling { get; set; }

    /// <summary>The end of the last scan. Only for the reader.</summary>
    public ScanPosition Scanned { get; set; }

    /// <summary>
    /// The offset up to which the last read has found all records; below the offset that it read from if unknown. Only
    /// for the reader.
    /// </summary>
    public long PassedTo { get; set; }

    /// <summary>The offset after all returned records.</summary>
    public long HandedOutTo => Math.Max(Position, Math.Max(_inHandTo, _unfinishedTo));

    /// <summary>
    /// The place to scan from for an offset: the end of the last scan if it fits. Only for the reader.
    /// </summary>
    public ScanPosition ScanFrom(long offset) => Scanned.NextOffset == offset ? Scanned : ScanPosition.At(offset);

    /// <summary>Sets a position that was open or is no longer in the log.</summary>
    /// <param name="offset">The value.</param>
    /// <param name="mustCommit">Whether another start might find another one.</param>
    public void Resolve(long offset, bool mustCommit)
    {
        if (_settled == None)
        {
            // This finishes no records.
            _settled = offset;
        }

        if (_inHandTo > offset)
        {
            // What is in hand lies behind the end of the log: nothing is read behind that.
            _inHandTo = None;
        }

        Position = offset;
        MustCommit = mustCommit;
        Trouble = null;
    }

    /// <summary>
    /// Moves the position past offsets that a salvage has lost, if nothing else was found up to a limit.
    /// </summary>
    public void PassGap(in FetchPlan plan)
    {
        if (ReadFrom != plan.From || PassedTo <= plan.From)
        {
            return;
        }

        if (_inHandTo > Position)
        {
            _inHandTo = PassedTo;
            _gap = (_gap.To == plan.From ? _gap.From : plan.From, PassedTo);
        }
        else
        {
            Position = PassedTo;
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
    /// Notes that a record and those before it are finished, as far as they were returned; false if that changes
    /// nothing.
    /// </summary>
    public bool Finish(long offset)
    {
        if (Position < 0 || offset < Position || offset >= HandedOutTo)
        {
            return false;
        }

        Position = offset + 1;
        if (Position == _gap.From)
        {
            Position = _gap.To;
        }

        return true;
    }

    /// <summary>
    /// Ends the read that had records in hand. Returns the end of the unfinished records of this and earlier reads,
    /// which begin at the position; there are none if it is not above that.
    /// </summary>
    public long EndRead()
    {
        _unfinishedTo = HandedOutTo;
        _inHandTo = None;
        _gap = (None, None);
        return _unfinishedTo;
    }

    /// <summary>Notes up to where the reader keeps unfinished records in memory.</summary>
    public void Keep(long to) => KeptTo = to;

    /// <summary>Moves the position for the user: records below count as finished, and none above.</summary>
    /// <param name="offset">The new position.</param>
    /// <param name="mustCommit">Whether the next start might find another one.</param>
    public void Seek(long offset, bool mustCommit = false)
    {
        Position = offset;
        _expected = None;
        Forget();
        MustCommit = mustCommit;
    }

    /// <summary>Opens the position; the next read resolves it.</summary>
    /// <param name="start">How it is resolved.</param>
    /// <param name="expected">The position that it would give now.</param>
    public void Seek(StartPolicy start, long expected)
    {
        Position = None;
        Start = start;
        _expected = expected;
        Forget();
    }

    /// <summary>
    /// Checks the position after truncations; if records before it were taken back, it moves to the first of them and
    /// this throws.
    /// </summary>
    /// <exception cref="LogTruncatedException">Records that were returned or passed were taken back.</exception>
    public void CheckTruncations()
    {
        CheckEpoch();
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
            Seek(Math.Min(Position, to), MustCommit);
            _takenBack = (to, readTo);
            Committed = Math.Min(Committed, to);
            throw PartitionErrors.Truncated(Log.Id, to, readTo);
        }
    }

    /// <summary>
    /// Throws if an offset lies behind records that were taken back, and that were not returned again since: its
    /// records are not those that the user had.
    /// </summary>
    /// <exception cref="LogTruncatedException">It does.</exception>
    public void ThrowIfTakenBack(long next)
    {
        if (next > HandedOutTo && next <= _takenBack.ReadTo)
        {
            throw PartitionErrors.Truncated(Log.Id, _takenBack.To, next);
        }
    }

    /// <summary>Pauses or resumes. The position stays.</summary>
    public void Pause(bool paused) => IsPaused = paused;

    /// <summary>The offset for a commit of everything finished; negative if there is nothing new.</summary>
    public long FindUncommitted()
    {
        if (Position == _settled || Log.IsDamaged)
        {
            // Nothing of a damaged partition was handed out, and its commit is kept as it is.
            return None;
        }

        long next = Position < 0 ? _expected : FindCommittable();
        return next == Committed ? None : next;
    }

    /// <summary>The offset for a commit of the position; negative if that is not known.</summary>
    public long FindCommittable()
    {
        if (Position <= Log.KnownEnd)
        {
            return Position;
        }

        // A seek may have gone beyond the end, which the next read checks; no more than the existing records can be
        // finished.
        try
        {
            return Math.Min(Position, Log.PublishedEnd);
        }
        catch (EmbeddedLogException) when (Log.IsFollowed)
        {
            // Nothing was handed out there. Its reads tell the trouble.
            return None;
        }
    }

    /// <summary>Notes a commit. The place to read on stays: the commit is for the next consumer.</summary>
    public void NoteCommitted(long next)
    {
        Committed = next;
        _settled = Position;
    }

    /// <summary>Notes that a commit has succeeded: returned records below it are finished.</summary>
    public void FinishCommitted(long next)
    {
        if (Position >= 0)
        {
            bool isSettled = Position == _settled;
            Position = Math.Max(Position, Math.Min(next, HandedOutTo));
            _settled = isSettled ? Position : _settled;
        }
    }

    /// <summary>Notes that the position is committed at the level of commits.</summary>
    public void NoteSettled() => MustCommit = false;

    /// <summary>
    /// Lowers a position that was a commit to its records that are left, if that could not be told before.
    /// </summary>
    /// <exception cref="LogTruncatedException">Records that the group had read were taken back.</exception>
    /// <exception cref="EmbeddedLogException">It still cannot be told.</exception>
    private void CheckEpoch()
    {
        if (_uncheckedEpoch is not { } epoch)
        {
            return;
        }

        long end = Log.EndOfEpoch(epoch);
        _uncheckedEpoch = null;
        long readTo = Position;
        if (end < readTo)
        {
            Seek(end, MustCommit);
            Committed = end;
            throw PartitionErrors.Truncated(Log.Id, end, readTo);
        }
    }

    /// <summary>Forgets all returned records, except those below the position.</summary>
    private void Forget()
    {
        _uncheckedEpoch = null;
        _takenBack = (None, None);
        Version++;
        _inHandTo = None;
        _gap = (None, None);
        _unfinishedTo = None;
        _settled = Unsettled;
        KeptTo = None;
        Trouble = null;
        MustCommit = false;
    }
}
