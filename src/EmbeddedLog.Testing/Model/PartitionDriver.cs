using EmbeddedLog.Maintenance.Retention;
using EmbeddedLog.Partitions;

namespace EmbeddedLog.Testing.Model;

/// <summary>Plays steps on a partition, keeps its model, and compares the two.</summary>
internal sealed class PartitionDriver
{
    private readonly ModelLog _owner;
    private readonly PartitionModel _model;
    private readonly ModelStatistics _statistics;
    private readonly string _name;
    private readonly Random _random;
    private readonly RecordBatch _batch = new();
    private readonly Header[] _headers = new Header[1];
    private readonly byte[] _buffer = new byte[16 << 10];

    private readonly ReadingCheck _reading;

    /// <summary>Flushes that were asked for and not waited for.</summary>
    private readonly List<Task> _pending = [];

    private PartitionLog? _log;

    public PartitionDriver(
        ModelLog owner, PartitionModel model, ModelStatistics statistics, string name, Random random)
    {
        _owner = owner;
        _model = model;
        _statistics = statistics;
        _name = name;
        _random = random;
        _reading = new ReadingCheck(owner, model, statistics, name, random);
    }

    /// <summary>Whether a flush of the partition has failed.</summary>
    public bool HasFailed => _log?.Failure is not null;

    /// <summary>The partition, while the log is open.</summary>
    public PartitionLog Log => _log!;

    /// <summary>Its model.</summary>
    public PartitionModel Model => _model;

    /// <summary>Takes the partition of a log that was opened.</summary>
    public void Attach(PartitionLog log) => _log = log;

    /// <summary>The log is gone.</summary>
    public void Detach()
    {
        _log = null;
        _pending.Clear();
    }

    /// <summary>Plays one step.</summary>
    public void Play(in ModelStep step)
    {
        switch (step.Kind)
        {
            case ModelStepKind.Append:
                AppendEach(step);
                break;
            case ModelStepKind.AppendBatch:
                AppendTogether(step);
                break;
            case ModelStepKind.Flush:
                Flush(wait: step.Choice % 2 == 0);
                break;
            case ModelStepKind.Roll:
                Try(() => Log.Writer.Roll(Log.Settings, _owner.Now));
                break;
            case ModelStepKind.DeleteBefore:
                DeleteBefore(_model.Records.Count * (long)step.Amount / 1000);
                break;
            case ModelStepKind.Read:
                _reading.Check(Log, step.Amount);
                break;
            case ModelStepKind.Retain:
                Retain();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(step), step, "No such step.");
        }

        CheckEnds();
    }

    /// <summary>Fails if a requested flush failed without a reason.</summary>
    public void FinishPending()
    {
        foreach (Task task in _pending)
        {
            if (task is { IsCompleted: false } && !_owner.HasStopped)
            {
                throw new ModelViolationException($"Partition {_name}: a flush that was asked for never ends.");
            }
        }
    }

    /// <summary>The ids of the records below an offset, in thousandths of the readable ones.</summary>
    public long[] SeenBelow(int thousandths) => SeenBelowOffset(
        Log.StartOffset + ((Log.PublishedEnd - Log.StartOffset) * Math.Min(thousandths, 1000) / 1000));

    /// <summary>The ids of the records below an offset.</summary>
    public long[] SeenBelowOffset(long offset) => [.. _model.Records.Take((int)offset).Select(record => record.Id)];

    /// <summary>How many records, from the first on, are the same as the seen ones.</summary>
    public int CountSame(long[] seen)
    {
        int same = 0;
        while (same < seen.Length && same < _model.Records.Count && seen[same] == _model.Records[same].Id)
        {
            same++;
        }

        return same;
    }

    /// <inheritdoc/>
    public override string ToString() => _name;

    /// <summary>Checks everything visible after an opening.</summary>
    /// <param name="clean">Whether the log had been closed.</param>
    /// <param name="writtenSurvives">Whether everything acknowledged as written must be there.</param>
    public void CompareAfterOpening(bool clean, bool writtenSurvives)
    {
        long end = Log.PublishedEnd;
        long least = clean ? _model.Records.Count : writtenSurvives ? _model.Written : _model.Flushed;
        Require(
            end >= least && end <= _model.Records.Count,
            $"the end is {end}; it must lie between {least} and {_model.Records.Count}");
        Require(
            end == 0 || _model.Records[(int)end - 1].EndsFrame, $"the log was cut at {end}, in the middle of a batch");
        Require(Log.DurableEnd == end, $"the durable end is {Log.DurableEnd}, the end {end}");
        Require(Log.Failure is null, "the partition has failed");
        CheckReport(Log.Recovery, clean, end);
        CheckStart(clean, writtenSurvives);
        Require(
            Log.Recovery.Clean ? Log.Epoch >= _model.Epoch : Log.Epoch > _model.Epoch,
            $"the epoch is {Log.Epoch} after {_model.Epoch}, {(Log.Recovery.Clean ? "" : "not ")}opened as clean");
        _statistics.RecordsCopied += Log.Recovery.CopiedRecords;
        _statistics.TornTails += Log.Recovery.TornBytes > 0 ? 1 : 0;
        _statistics.RecordsLost += _model.Recover(end);
        _model.Epoch = Log.Epoch;
        CheckEpochs();
        _reading.CheckAll(Log);
    }

    private void CheckReport(PartitionRecoveryReport report, bool clean, long end)
    {
        Require(!clean || report is { Clean: true, CopiedRecords: 0, TornBytes: 0 }, $"a clean opening did {report}");
        Require(
            report.EndOffset == end && report.StartOffset == Log.StartOffset && report.CopiedRecords >= 0,
            $"the end is {end} after {report}");
    }

    private void CheckStart(bool clean, bool writtenSurvives)
    {
        long start = Log.StartOffset;
        long least = writtenSurvives ? _model.Start : _model.DurableStart;
        Require(
            start >= least && start <= _model.GreatestStart && start <= Log.PublishedEnd,
            $"the start is {start}; it must lie between {least} and {_model.GreatestStart}");
        _model.Start = _model.GreatestStart = start;
        if (clean || !writtenSurvives)
        {
            // After a kill the start may be in the page cache alone, as it was before.
            _model.DurableStart = start;
        }
    }

    /// <summary>
    /// A position committed as (offset, epoch) and lowered to the end of its epoch must not skip a record that its
    /// reader has not seen, and must not be lower than the surviving records.
    /// </summary>
    private void CheckEpochs()
    {
        foreach ((uint epoch, long[] seen) in _model.Seen)
        {
            int same = CountSame(seen);
            long effective = Math.Min(seen.Length, Log.EndOfEpoch(epoch));
            Require(
                effective == same || (effective > same && effective <= Log.StartOffset),
                $"a position at {seen.Length} of epoch {epoch} becomes {effective}, but {same} records are the same");
        }
    }

    private void AppendEach(in ModelStep step)
    {
        for (int i = 0; i < step.Amount && !_owner.HasStopped; i++)
        {
            ModelRecord record = NewRecord(step, i, endsFrame: true);
            long end = _model.Records.Count;
            long timestamp = 0;
            bool done = TryAppend(() =>
            {
                RawRecord raw = record.ToRaw(_buffer, _headers);
                return Log.Append(raw, out timestamp);
            });
            record = record with { Timestamp = record.HasTimestamp ? record.Timestamp : timestamp };
            Note([record], end, done);
            if (_random.Next(8) == 0)
            {
                // Pages reach the disk while they are filled, in a state between old and new.
                _owner.Machine.Disk.WriteBackSome();
            }
        }
    }

    private void AppendTogether(in ModelStep step)
    {
        _batch.Clear();
        List<ModelRecord> records = [];
        for (int i = 0; i < step.Amount; i++)
        {
            ModelRecord record = NewRecord(step, i, endsFrame: false);
            if (_batch.Bytes + record.Size > 11_000)
            {
                break;
            }

            _batch.Add(record.ToRaw(_buffer, _headers));
            records.Add(record);
        }

        if (records.Count > 0)
        {
            long timestamp = 0;
            long end = _model.Records.Count;
            bool done = TryAppend(() => Log.Append(_batch, out timestamp));
            records = [.. records.Select(r => r.HasTimestamp ? r : r with { Timestamp = timestamp })];
            records[^1] = records[^1] with { EndsFrame = true };
            Note(records, end, done);
        }
    }

    /// <summary>An append under way when the machine stops may be there or not; a refused one must not.</summary>
    private void Note(List<ModelRecord> records, long end, bool done)
    {
        if (done || _owner.HasStopped)
        {
            _model.Append(records, acknowledged: done && !_owner.HasStopped);
            _statistics.RecordsAppended += records.Count;
        }
        else
        {
            Require(Log.PublishedEnd == end, $"an append that failed has moved the end from {end}");
        }
    }

    private bool TryAppend(Func<long> append)
    {
        long expected = _model.Records.Count;
        long given = -1;
        bool done = Try(() => given = append());
        Require(!done || given == expected, $"the append got offset {given} instead of {expected}");
        return done;
    }

    private void Flush(bool wait)
    {
        long end = _model.Records.Count;
        Task task = FlushAsync(end);
        if (wait)
        {
            Try(() => _owner.Machine.Run(() => task));
        }
        else
        {
            _pending.Add(task);
        }
    }

    private async Task FlushAsync(long end)
    {
        try
        {
            await Log.FlushAsync(end, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception refusal) when (_owner.IsForeseen(refusal, HasFailed))
        {
            return;
        }

        if (!_owner.HasStopped)
        {
            _model.Flush(end);
        }
    }

    private void DeleteBefore(long offset)
    {
        // Noted first: if the machine stops on the way, the start may have moved or not.
        long bound = Math.Max(_model.Start, Math.Min(offset, Log.DurableEnd));
        _model.GreatestStart = Math.Max(_model.GreatestStart, bound);
        int removed = 0;
        bool done = Try(() => removed = Log.DeleteBefore(offset));
        if (_owner.HasStopped)
        {
            return;
        }

        Require(
            Log.StartOffset >= _model.Start && Log.StartOffset <= _model.GreatestStart,
            $"the start moved to {Log.StartOffset}, from {_model.Start}, when it was to be {bound}");
        Require(!done || HasFailed || Log.StartOffset == bound, $"the start is {Log.StartOffset} instead of {bound}");
        _model.Start = Log.StartOffset;
        _statistics.SegmentsRemoved += removed;
        if (done && !HasFailed)
        {
            _model.DurableStart = _model.Start;
        }
    }

    /// <summary>Applies the topic's retention: removed segments must be due, and due ones must be removed.</summary>
    private void Retain()
    {
        long greatest = _model.GreatestStart;
        _model.GreatestStart = Math.Max(greatest, Log.DurableEnd);
        RetentionCheck check = new(Log, _model, _owner.Now);
        bool done = Try(() => _statistics.SegmentsRemoved += RetentionRules.Apply(Log, _owner.Now));
        if (_owner.HasStopped)
        {
            return;
        }

        _model.GreatestStart = Math.Max(greatest, Log.StartOffset);
        Require(Log.StartOffset >= _model.Start, $"the start moved back to {Log.StartOffset} from {_model.Start}");
        if (check.FindFault(complete: done && !HasFailed) is { } fault)
        {
            throw Violation(fault);
        }

        _statistics.Retained += Log.StartOffset > _model.Start ? 1 : 0;
        _model.Start = Log.StartOffset;
        _model.DurableStart = done && !HasFailed ? _model.Start : _model.DurableStart;
    }

    private void CheckEnds()
    {
        if (_owner.HasStopped)
        {
            return;
        }

        Require(
            Log.PublishedEnd == _model.Records.Count, $"the end is {Log.PublishedEnd}, not {_model.Records.Count}");
        Require(
            Log.DurableEnd >= _model.Flushed && Log.DurableEnd <= Log.PublishedEnd,
            $"the durable end is {Log.DurableEnd}, what was flushed {_model.Flushed}");
    }

    private bool Try(Action action)
    {
        bool had = HasFailed;
        bool done = _owner.Try(action, () => HasFailed);
        _statistics.PoisonedPartitions += !had && HasFailed ? 1 : 0;
        return done;
    }

    private ModelRecord NewRecord(in ModelStep step, int index, bool endsFrame)
    {
        long timestamp = _owner.Now - _random.Next(0, 5_000);
        if (_owner.Program.Uniform)
        {
            return new ModelRecord(
                _owner.NextId++, ModelRecord.UniformSize, ModelRecord.UniformForm, endsFrame, timestamp);
        }

        int form = (step.Choice >> (index % 20)) & 0x1F;
        int size = Math.Max(0, step.Size - (index * 7));
        return new ModelRecord(_owner.NextId++, (form & 4) != 0 ? 0 : size, form, endsFrame, timestamp);
    }

    private void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw Violation(otherwise);
        }
    }

    private ModelViolationException Violation(string what) => new($"Partition {_name}: {what}.");
}
