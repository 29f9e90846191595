using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Handling;

/// <summary>
/// Handles records: some at once, those of one key or partition one after the other; tries again what has failed; and
/// tells how far each partition is finished. It has the lock, the workers, and what ends it;
/// <see cref="HandledRecords{TKey, TValue}"/> has the records. Safe to call from any thread.
/// </summary>
internal sealed class RecordHandling<TKey, TValue> : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly ForEachOptions _options;
    private readonly WorkQueue _work;
    private readonly TimeProvider _time;
    private readonly Action _wake;
    private readonly CancellationToken _stop;
    private readonly Func<HandlingWorker<TKey, TValue>> _createWorker;
    private readonly RetryTimer _retries;

    /// <summary>Under the gate.</summary>
    private readonly HandledRecords<TKey, TValue> _records;

    /// <summary>How many workers have a record or are about to take one. Under the gate.</summary>
    private int _workers;

    /// <summary>How many of these have not taken their first record. Under the gate.</summary>
    private int _starting;

    /// <summary>Whether nothing more begins. Under the gate.</summary>
    private bool _isStopping;

    /// <summary>The first failure that stops. Set once, under the gate.</summary>
    private ExceptionDispatchInfo? _failure;

    /// <param name="handler">The user's handler.</param>
    /// <param name="options">Valid, and the handling's own.</param>
    /// <param name="work">Runs the handlers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="policy">What becomes of records whose last attempt has failed.</param>
    /// <param name="wake">Called, also under the gate, when there is room again, or after a failure that stops.</param>
    /// <param name="stop">Nothing begins once it is cancelled.</param>
    public RecordHandling(
        Func<Record<TKey, TValue>, CancellationToken, ValueTask> handler,
        ForEachOptions options,
        WorkQueue work,
        TimeProvider time,
        FailurePolicy policy,
        Action wake,
        CancellationToken stop)
    {
        _options = options;
        _work = work;
        _time = time;
        _wake = wake;
        _stop = stop;
        _records = new HandledRecords<TKey, TValue>(options, policy.KeepsRaw, wake);
        _retries = new RetryTimer(time, work, this, _gate, () => _records.NextDue);
        var context = ExecutionContext.Capture();
        _createWorker = () => new HandlingWorker<TKey, TValue>(this, handler, policy, context, work);
    }

    /// <summary>The failure that stops; null without one. Read by anyone.</summary>
    public ExceptionDispatchInfo? Failure => Volatile.Read(ref _failure);

    /// <summary>Changes when the oldest record in hand ends. Read by anyone.</summary>
    public long OldestNumber => _records.OldestNumber;

    /// <summary>Whether no record in hand is waited for. Read by anyone.</summary>
    public bool IsIdle => _records.IsIdle;

    /// <summary>How many records are in hand. Read by anyone.</summary>
    public int InHand => _records.Count;

    /// <summary>
    /// How many records and bytes may be added; false for none: the wake-up comes when an eighth is free, or when
    /// nothing is left to begin.
    /// </summary>
    public bool TryFindRoom(out int records, out long bytes)
    {
        lock (_gate)
        {
            return _records.TryFindRoom(out records, out bytes);
        }
    }

    /// <summary>Whether nothing in hand is waited for; otherwise the wake-up comes when that is so.</summary>
    public bool TryFindEnd()
    {
        lock (_gate)
        {
            return _records.TryFindEnd();
        }
    }

    /// <summary>Adds records of one partition, in their order, for which there is room. One call at a time.</summary>
    /// <param name="position">Where the consumer is in the partition.</param>
    /// <param name="version">The version of the position for which they are good.</param>
    /// <param name="records">The records.</param>
    /// <param name="traits">What their handling depends on.</param>
    /// <param name="raw">The bytes of their keys and values, where the policy needs them.</param>
    public void Add(
        IHandledPosition position,
        int version,
        ReadOnlySpan<Record<TKey, TValue>> records,
        ReadOnlySpan<RecordTraits> traits,
        ReadOnlySpan<byte> raw)
    {
        RecordInHand<TKey, TValue>? first = _records.Prepare(records, traits, raw);
        lock (_gate)
        {
            _records.Add(position, version, first);
            StartWorkers();
        }
    }

    /// <summary>
    /// For a worker: ends the record that it has handled, and takes the next one. False where it has nothing to do, and
    /// must not come back.
    /// </summary>
    public bool TryGoOn(
        RecordInHand<TKey, TValue>? ended, [NotNullWhen(true)] out RecordInHand<TKey, TValue>? record)
    {
        lock (_gate)
        {
            if (ended is null)
            {
                _starting--;
            }
            else
            {
                _records.End(ended);
            }

            record = null;
            if (!_isStopping && !_stop.IsCancellationRequested && _records.TryTake(out record))
            {
                StartWorkers();
                return true;
            }

            _workers--;
            _records.WakeIfRoom();
            return false;
        }
    }

    /// <summary>For a worker that comes back through the queue: ends its record.</summary>
    public void End(RecordInHand<TKey, TValue> record)
    {
        lock (_gate)
        {
            _records.End(record);
            _starting++;
        }
    }

    /// <summary>Stops with a failure. The record is not finished.</summary>
    public void Fail(RecordInHand<TKey, TValue> record, Exception failure)
    {
        lock (_gate)
        {
            if (!record.Window.IsClosed)
            {
                // Of a partition that is gone it stops nobody.
                _isStopping = true;
                Volatile.Write(ref _failure, _failure ?? ExceptionDispatchInfo.Capture(failure));
            }

            _records.GiveUp(record);
            _starting++;
            _wake();
        }
    }

    /// <summary>After a failed attempt: lets the record wait for the next one; false where that was the last.</summary>
    public bool TryRetry(RecordInHand<TKey, TValue> record, Exception failure)
    {
        bool isStopped = failure is OperationCanceledException
            && (_stop.IsCancellationRequested || record.Window.Partition.Token.Token.IsCancellationRequested);
        bool isLast = record.Traits.Fault is not null
            || record.Attempts >= _options.Retry.MaxAttempts
            || !(isStopped || _options.Retry.MayRetry(failure));
        long due = isLast ? 0 : _retries.DueIn(_options.Retry.DelayAfter(record.Attempts));
        lock (_gate)
        {
            bool isEnding = _isStopping || record.Window.Partition.IsDraining;
            if (record.Window.IsClosed || isStopped || (isEnding && !isLast))
            {
                _records.GiveUp(record);
            }
            else if (isLast)
            {
                return false;
            }
            else
            {
                _records.Wait(record, due);
            }

            _starting++;
        }

        _retries.Set();
        return true;
    }

    /// <summary>
    /// Lets nothing more begin of some partitions, waits for the running handlers, and tells those not over in time by
    /// their token. Their windows then have what is not finished. One call at a time.
    /// </summary>
    /// <param name="positions">The partitions; null for all, for good.</param>
    /// <param name="cancels">Whether the handlers' token is cancelled at once.</param>
    public async Task DrainAsync(IReadOnlyCollection<IHandledPosition>? positions, bool cancels)
    {
        HandledPartition<TKey, TValue>[] partitions;
        HandlingDrain<TKey, TValue> drain;
        bool waits;
        lock (_gate)
        {
            _isStopping |= positions is null;
            partitions =
            [
                .. _records.Partitions.Where(each => positions is null || positions.Contains(each.Position)),
            ];
            foreach (HandledPartition<TKey, TValue> partition in partitions)
            {
                partition.IsDraining = true;
                partition.IsAbandoned = cancels;
                _records.GiveBack(partition);
            }

            drain = new HandlingDrain<TKey, TValue>(partitions, _work);
            waits = !drain.IsDone && _options.DrainTimeout != TimeSpan.Zero;
            _records.Drain = waits ? drain : null;
        }

        if (cancels)
        {
            Cancel(partitions);
        }

        if (waits)
        {
            await drain.WaitAsync(_options.DrainTimeout, _time).ConfigureAwait(false);
        }

        lock (_gate)
        {
            _records.Drain = null;
            partitions = [.. partitions.Where(partition => partition.Running > 0)];
            foreach (HandledPartition<TKey, TValue> partition in partitions)
            {
                partition.IsAbandoned = true;
            }
        }

        // Told before they are let go of.
        Cancel(partitions);
        foreach (HandledPartition<TKey, TValue> partition in partitions)
        {
            await partition.Token.Told.ConfigureAwait(false);
        }

        if (positions is null)
        {
            _retries.Stop();
        }
    }

    /// <summary>
    /// Forgets a partition: what becomes of its handlers counts no more. Returns what is not finished, up to the first
    /// record that cannot be read, with the version for which that is good.
    /// </summary>
    public (int Version, List<Record<TKey, TValue>> Records) Remove(IHandledPosition position, bool cancels)
    {
        HandledPartition<TKey, TValue>? partition;
        int version;
        List<Record<TKey, TValue>> records;
        lock (_gate)
        {
            cancels &= _records.TryRemove(position, out partition, out version, out records) && partition.Running > 0;
        }

        if (cancels)
        {
            Cancel([partition!]);
        }

        return (version, records);
    }

    /// <summary>The timer: takes what is due.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        long now = _retries.Now;
        lock (_gate)
        {
            _records.TakeDue(now);
            StartWorkers();
        }

        _retries.Set();
    }

    private void Cancel(IEnumerable<HandledPartition<TKey, TValue>> partitions)
    {
        foreach (HandledPartition<TKey, TValue> partition in partitions)
        {
            partition.Token.Cancel(_work);
        }
    }

    private void StartWorkers()
    {
        while (_starting < _records.ReadyCount && _workers < _options.MaxParallelism && !_isStopping)
        {
            _workers++;
            _starting++;
            _work.Queue(_createWorker());
        }
    }
}
