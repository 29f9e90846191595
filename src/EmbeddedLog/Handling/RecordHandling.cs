using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Handling;

/// <summary>
/// Handles records: some at once, those of one key or partition one after the other; tries again what has failed; and
/// tells how far each partition is finished. Safe to call from any thread.
/// </summary>
internal sealed class RecordHandling<TKey, TValue> : IThreadPoolWorkItem
{
    // Over 400 lines: what is ready, runs, waits, ends and is given back changes together under one gate.
    private readonly Lock _gate = new();
    private readonly ForEachOptions _options;
    private readonly WorkQueue _work;
    private readonly TimeProvider _time;
    private readonly FailurePolicy _policy;
    private readonly Action _wake;
    private readonly CancellationToken _stop;
    private readonly Func<HandlingWorker<TKey, TValue>> _createWorker;
    private readonly RetryTimer<TKey, TValue> _retries;

    /// <summary>By the partition's position. Under the gate.</summary>
    private readonly Dictionary<IHandledPosition, HandledPartition<TKey, TValue>> _partitions = [];

    /// <summary>What can be handled now, in the order in which it became so. Under the gate.</summary>
    private readonly Queue<RecordInHand<TKey, TValue>> _ready = new();

    private readonly RecordsByAge<TKey, TValue> _inHand = new();
    private readonly SpareRecords<TKey, TValue> _spares = new();

    /// <summary>How many workers have a record or are about to take one. Under the gate.</summary>
    private int _workers;

    /// <summary>How many of these have not taken their first record. Under the gate.</summary>
    private int _starting;

    /// <summary>Whether nothing more begins. Under the gate.</summary>
    private bool _isStopping;

    /// <summary>Whether somebody waits for room, to be woken once. Under the gate.</summary>
    private bool _isFull;

    /// <summary>Whether somebody waits until nothing is in hand, to be woken once. Under the gate.</summary>
    private bool _isEnding;

    /// <summary>Whether somebody sets the timer, and whether it must be set again then. Under the gate.</summary>
    private bool _isSetting;
    private bool _mustSetAgain;

    /// <summary>Who waits for the running handlers; null for nobody. Under the gate.</summary>
    private HandlingDrain<TKey, TValue>? _drain;

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
        _policy = policy;
        _wake = wake;
        _stop = stop;
        _retries = new RetryTimer<TKey, TValue>(time, work, this);
        var context = ExecutionContext.Capture();
        _createWorker = () => new HandlingWorker<TKey, TValue>(this, handler, policy, context, work);
    }

    /// <summary>The failure that stops; null without one. Read by anyone.</summary>
    public ExceptionDispatchInfo? Failure => Volatile.Read(ref _failure);

    /// <summary>Changes when the oldest record in hand ends. Read by anyone.</summary>
    public long OldestNumber => _inHand.OldestNumber;

    /// <summary>Whether no record in hand is waited for. Read by anyone.</summary>
    public bool IsIdle => _inHand.IsIdle;

    /// <summary>How many records are in hand. Read by anyone.</summary>
    public int InHand => _inHand.Count;

    /// <summary>
    /// How many records and bytes may be added; false for none: the wake-up comes when an eighth is free, or when
    /// nothing is left to begin.
    /// </summary>
    public bool TryFindRoom(out int records, out long bytes)
    {
        lock (_gate)
        {
            if (_isFull)
            {
                // Woken, though not for room: perhaps by a seek.
                foreach (HandledPartition<TKey, TValue> partition in _partitions.Values)
                {
                    CloseIfPast(partition);
                }
            }

            records = _options.MaxRecordsInHand - _inHand.Count;
            bytes = _options.MaxBytesInHand - _inHand.Bytes;
            _isFull = records <= 0 || bytes <= 0;
            return !_isFull;
        }
    }

    /// <summary>Whether nothing in hand is waited for; otherwise the wake-up comes when that is so.</summary>
    public bool TryFindEnd()
    {
        lock (_gate)
        {
            _isEnding = !_inHand.IsIdle;
            return !_isEnding;
        }
    }

    /// <summary>Adds records of one partition, in their order, for which there is room.</summary>
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
        lock (_gate)
        {
            if (!_partitions.TryGetValue(position, out HandledPartition<TKey, TValue>? partition))
            {
                _partitions.Add(position, partition = new HandledPartition<TKey, TValue>(position));
            }

            if (partition.Window is not { } window || window.Version != version)
            {
                Close(partition);
                partition.Window = window = new PartitionWindow<TKey, TValue>(partition, version);
            }

            for (int i = 0; i < records.Length; i++)
            {
                RecordInHand<TKey, TValue> record = _spares.Rent();
                record.Begin(records[i], traits[i], window);
                if (_policy.KeepsRaw)
                {
                    record.KeepRaw(raw);
                }

                window.Add(record);
                _inHand.Add(record);
                if (!partition.TryBlock(record, _options.OrderBy))
                {
                    MakeReady(record);
                }
            }

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
                EndUnsynchronized(ended);
            }

            while (!_isStopping && !_stop.IsCancellationRequested && _ready.TryDequeue(out record))
            {
                if (record.State == HandlingState.Ready && !CloseIfPast(record.Window.Partition))
                {
                    record.State = HandlingState.Running;
                    record.Attempts += record.Traits.Fault is null ? 1 : 0;
                    record.Window.Partition.Running++;
                    StartWorkers();
                    return true;
                }
            }

            record = null;
            _workers--;
            WakeIfRoom();
            return false;
        }
    }

    /// <summary>For a worker that comes back through the queue: ends its record.</summary>
    public void End(RecordInHand<TKey, TValue> record)
    {
        lock (_gate)
        {
            EndUnsynchronized(record);
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

            GiveUp(record);
            _starting++;
            _wake();
        }
    }

    /// <summary>After a failed attempt: lets the record wait for the next one; false where that was the last.</summary>
    public bool TryRetry(RecordInHand<TKey, TValue> record, Exception failure)
    {
        bool isStopped = failure is OperationCanceledException
            && (_stop.IsCancellationRequested || record.Window.Partition.Token.Token.IsCancellationRequested);
        bool isLast = record.Traits.Fault is not null || record.Attempts >= _options.Retry.MaxAttempts;
        long due = isLast ? 0 : _retries.DueIn(_options.Retry.DelayAfter(record.Attempts));
        lock (_gate)
        {
            bool isEnding = _isStopping || record.Window.Partition.IsDraining;
            if (record.Window.IsClosed || isStopped || (isEnding && !isLast))
            {
                GiveUp(record);
            }
            else if (isLast)
            {
                return false;
            }
            else
            {
                record.State = HandlingState.Waiting;
                Leave(record.Window.Partition);
                _retries.Add(record, due);
            }

            _starting++;
        }

        SetTimer();
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
                .. _partitions.Values.Where(each => positions is null || positions.Contains(each.Position)),
            ];
            foreach (HandledPartition<TKey, TValue> partition in partitions)
            {
                partition.IsDraining = true;
                partition.IsAbandoned = cancels;
                GiveBack(partition);
            }

            drain = new HandlingDrain<TKey, TValue>(partitions, _work);
            waits = !drain.IsDone && _options.DrainTimeout != TimeSpan.Zero;
            _drain = waits ? drain : null;
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
            _drain = null;
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
        int version = -1;
        List<Record<TKey, TValue>> records = [];
        lock (_gate)
        {
            if (!_partitions.Remove(position, out partition))
            {
                return (version, records);
            }

            if (partition.Window is { } window)
            {
                version = window.Version;
                records.AddRange(
                    window.Records.TakeWhile(record => record.Traits.Fault is null).Select(record => record.Record));
            }

            Close(partition);
            cancels &= partition.Running > 0;
        }

        if (cancels)
        {
            Cancel([partition]);
        }

        return (version, records);
    }

    /// <summary>The timer: takes what is due.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        long now = _retries.Now;
        lock (_gate)
        {
            while (_retries.TryTake(now, out RecordInHand<TKey, TValue>? record))
            {
                MakeReady(record);
            }

            StartWorkers();
        }

        SetTimer();
    }

    private void SetTimer()
    {
        while (true)
        {
            long? due;
            lock (_gate)
            {
                _mustSetAgain = _isSetting;
                due = _isStopping ? null : _retries.NextDue;
                if (_isSetting || due is null)
                {
                    return;
                }

                _isSetting = true;
            }

            _retries.Set(due.Value);
            lock (_gate)
            {
                _isSetting = false;
                if (!_mustSetAgain)
                {
                    return;
                }
            }
        }
    }

    private void Cancel(IEnumerable<HandledPartition<TKey, TValue>> partitions)
    {
        foreach (HandledPartition<TKey, TValue> partition in partitions)
        {
            partition.Token.Cancel(_work);
        }
    }

    private void MakeReady(RecordInHand<TKey, TValue> record)
    {
        record.State = HandlingState.Ready;
        _ready.Enqueue(record);
    }

    private void StartWorkers()
    {
        while (_starting < _ready.Count && _workers < _options.MaxParallelism && !_isStopping)
        {
            _workers++;
            _starting++;
            _work.Queue(_createWorker());
        }
    }

    private void EndUnsynchronized(RecordInHand<TKey, TValue> record)
    {
        PartitionWindow<TKey, TValue> window = record.Window;
        record.State = HandlingState.Ended;
        Unblock(record);
        _inHand.Unlist(record);
        if (window.IsClosed)
        {
            _inHand.Remove(record);
        }
        else
        {
            long finished = -1;
            while (window.TryFinish(out RecordInHand<TKey, TValue>? first))
            {
                // What is finished was taken from every other place when it ended.
                finished = first.Record.Offset;
                _inHand.Remove(first);
                _spares.Return(first);
            }

            if (finished >= 0)
            {
                window.Partition.Position.Finish(window.Version, finished);
            }
        }

        Leave(window.Partition);
        WakeIfRoom();
    }

    /// <summary>A record whose handler has failed comes again.</summary>
    private void GiveUp(RecordInHand<TKey, TValue> record)
    {
        record.State = HandlingState.GivenBack;
        Unblock(record);
        _inHand.Remove(record);
        Leave(record.Window.Partition);
    }

    private void Unblock(RecordInHand<TKey, TValue> record)
    {
        if (record.Window.Partition.Unblock(record, _options.OrderBy) is { } next)
        {
            MakeReady(next);
        }
    }

    private void Leave(HandledPartition<TKey, TValue> partition)
    {
        partition.Running--;
        _drain?.Look();
    }

    private void WakeIfRoom()
    {
        if (_isEnding && _inHand.IsIdle)
        {
            _isEnding = false;
            _wake();
        }

        if (!_isFull)
        {
            return;
        }

        int records = _options.MaxRecordsInHand - _inHand.Count;
        long bytes = _options.MaxBytesInHand - _inHand.Bytes;
        bool isEnough = records > _options.MaxRecordsInHand / 8 && bytes > _options.MaxBytesInHand / 8;
        if (isEnough || (records > 0 && bytes > 0 && _ready.Count == 0))
        {
            _isFull = false;
            _wake();
        }
    }

    /// <summary>Closes the window of a partition if it was moved, or lost; whether it was.</summary>
    private bool CloseIfPast(HandledPartition<TKey, TValue> partition)
    {
        if (partition.Window is { } window && partition.Position.IsCurrent(window.Version))
        {
            return false;
        }

        Close(partition);
        return true;
    }

    private void Close(HandledPartition<TKey, TValue> partition)
    {
        if (partition.Window is not { } window)
        {
            return;
        }

        GiveBack(partition);
        window.Close();
        partition.Window = null;
        foreach (RecordInHand<TKey, TValue> record in window.Records)
        {
            _inHand.Unlist(record);
            if (record.State != HandlingState.Running)
            {
                _inHand.Remove(record);
            }
        }
    }

    /// <summary>What has not begun comes again, and keeps nothing behind it from being finished later.</summary>
    private void GiveBack(HandledPartition<TKey, TValue> partition)
    {
        foreach (RecordInHand<TKey, TValue> record in partition.Window?.Records ?? [])
        {
            HandlingState before = record.State;
            if (before is HandlingState.Blocked or HandlingState.Ready or HandlingState.Waiting)
            {
                record.State = HandlingState.GivenBack;
                _inHand.Remove(record);
            }

            if (before is HandlingState.Ready or HandlingState.Waiting)
            {
                partition.Forget(record, _options.OrderBy);
            }

            if (before == HandlingState.Waiting)
            {
                _retries.Remove(record);
            }
        }

        WakeIfRoom();
    }
}
