using System.Diagnostics.CodeAnalysis;

namespace EmbeddedLog.Handling;

/// <summary>
/// The records in hand: where each is on its way, which comes next, and how far each partition is finished. Under the
/// lock of the handling, but for what says otherwise.
/// </summary>
/// <param name="options">Valid.</param>
/// <param name="keepsRaw">Whether the bytes of keys and values are kept.</param>
/// <param name="wake">Called when there is room again, or when nothing is in hand.</param>
internal sealed class HandledRecords<TKey, TValue>(ForEachOptions options, bool keepsRaw, Action wake)
{
    /// <summary>By the partition's position.</summary>
    private readonly Dictionary<IHandledPosition, HandledPartition<TKey, TValue>> _partitions = [];

    /// <summary>What can be handled now, in the order in which it became so, and some that were given back.</summary>
    private readonly Queue<RecordInHand<TKey, TValue>> _ready = new();

    /// <summary>The records that wait for their next attempt, by the time stamp when it is due.</summary>
    private readonly PriorityQueue<RecordInHand<TKey, TValue>, long> _waiting = new();

    private readonly RecordsByAge<TKey, TValue> _inHand = new();
    private readonly SpareRecords<TKey, TValue> _spares = new();

    /// <summary>Whether somebody waits for room, to be woken once.</summary>
    private bool _isFull;

    /// <summary>Whether somebody waits until nothing is in hand, to be woken once.</summary>
    private bool _isEnding;

    /// <summary>Changes when the oldest record in hand ends. Read by anyone.</summary>
    public long OldestNumber => _inHand.OldestNumber;

    /// <summary>Whether no record in hand is waited for. Read by anyone.</summary>
    public bool IsIdle => _inHand.IsIdle;

    /// <summary>How many records are in hand. Read by anyone.</summary>
    public int Count => _inHand.Count;

    /// <summary>How many can be handled now, at most.</summary>
    public int ReadyCount => _ready.Count;

    /// <summary>When the next attempt is due; null for none.</summary>
    public long? NextDue => _waiting.TryPeek(out _, out long due) ? due : null;

    /// <summary>The partitions of records in hand, or that had some.</summary>
    public IReadOnlyCollection<HandledPartition<TKey, TValue>> Partitions => _partitions.Values;

    /// <summary>Who waits for the running handlers; null for nobody.</summary>
    public HandlingDrain<TKey, TValue>? Drain { get; set; }

    /// <summary>How many records and bytes may be added; false for none: then the wake-up comes.</summary>
    public bool TryFindRoom(out int records, out long bytes)
    {
        if (_isFull)
        {
            // Woken, though not for room: perhaps by a seek.
            foreach (HandledPartition<TKey, TValue> partition in _partitions.Values)
            {
                CloseIfPast(partition);
            }
        }

        (records, bytes) = FindRoom();
        _isFull = records <= 0 || bytes <= 0;
        return !_isFull;
    }

    /// <summary>Whether nothing in hand is waited for; otherwise the wake-up comes when that is so.</summary>
    public bool TryFindEnd()
    {
        _isEnding = !_inHand.IsIdle;
        return !_isEnding;
    }

    /// <summary>
    /// The objects of records that will be added, in their order, linked by
    /// <see cref="RecordInHand{TKey, TValue}.Next"/>; null for no record. Not under the lock, only for who adds them.
    /// </summary>
    public RecordInHand<TKey, TValue>? Prepare(
        ReadOnlySpan<Record<TKey, TValue>> records, ReadOnlySpan<RecordTraits> traits, ReadOnlySpan<byte> raw)
    {
        RecordInHand<TKey, TValue>? first = null;
        RecordInHand<TKey, TValue>? last = null;
        for (int i = 0; i < records.Length; i++)
        {
            RecordInHand<TKey, TValue> record = _spares.Rent();
            record.Begin(records[i], traits[i]);
            if (keepsRaw)
            {
                record.KeepRaw(raw);
            }

            if (last is null)
            {
                first = record;
            }
            else
            {
                last.Next = record;
            }

            last = record;
        }

        return first;
    }

    /// <summary>Adds prepared records of one partition, for which there is room.</summary>
    public void Add(IHandledPosition position, int version, RecordInHand<TKey, TValue>? first)
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

        for (RecordInHand<TKey, TValue>? next = first; next is { } record;)
        {
            next = record.Next;
            record.Next = null;
            record.Window = window;
            window.Add(record);
            _inHand.Add(record);
            if (!partition.TryBlock(record, options.OrderBy))
            {
                MakeReady(record);
            }
        }

        _spares.Refill();
    }

    /// <summary>Takes the record that comes next: it runs then.</summary>
    public bool TryTake([NotNullWhen(true)] out RecordInHand<TKey, TValue>? record)
    {
        while (_ready.TryDequeue(out record))
        {
            if (record.State == HandlingState.Ready && !CloseIfPast(record.Window.Partition))
            {
                record.State = HandlingState.Running;
                record.Attempts += record.Traits.Fault is null ? 1 : 0;
                record.Window.Partition.Running++;
                return true;
            }
        }

        return false;
    }

    /// <summary>A record that ran has ended.</summary>
    public void End(RecordInHand<TKey, TValue> record)
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
            Finish(window);
        }

        Leave(window.Partition);
        WakeIfRoom();
    }

    /// <summary>A record whose handler has failed comes again.</summary>
    public void GiveUp(RecordInHand<TKey, TValue> record)
    {
        record.State = HandlingState.GivenBack;
        Unblock(record);
        _inHand.Remove(record);
        Leave(record.Window.Partition);
    }

    /// <summary>A record that ran waits for its next attempt.</summary>
    public void Wait(RecordInHand<TKey, TValue> record, long due)
    {
        record.State = HandlingState.Waiting;
        Leave(record.Window.Partition);
        _waiting.Enqueue(record, due);
    }

    /// <summary>Lets those go on whose next attempt is due.</summary>
    public void TakeDue(long now)
    {
        while (_waiting.TryPeek(out RecordInHand<TKey, TValue>? record, out long due) && due <= now)
        {
            _waiting.Dequeue();
            MakeReady(record);
        }
    }

    /// <summary>What has not begun comes again, and keeps nothing behind it from being finished later.</summary>
    public void GiveBack(HandledPartition<TKey, TValue> partition)
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
                partition.Forget(record, options.OrderBy);
            }

            if (before == HandlingState.Waiting)
            {
                _waiting.Remove(record, out _, out _);
            }
        }

        WakeIfRoom();
    }

    /// <summary>Forgets a partition: what becomes of its handlers counts no more.</summary>
    /// <param name="position">Its position.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="version">The version of the position for which the records are good.</param>
    /// <param name="records">What is not finished, up to the first record that cannot be read.</param>
    public bool TryRemove(
        IHandledPosition position,
        [NotNullWhen(true)] out HandledPartition<TKey, TValue>? partition,
        out int version,
        out List<Record<TKey, TValue>> records)
    {
        version = -1;
        records = [];
        if (!_partitions.Remove(position, out partition))
        {
            return false;
        }

        if (partition.Window is { } window)
        {
            version = window.Version;
            records.AddRange(
                window.Records.TakeWhile(record => record.Traits.Fault is null).Select(record => record.Record));
        }

        Close(partition);
        return true;
    }

    /// <summary>Wakes who waits for room, or until nothing is in hand, if that is so.</summary>
    public void WakeIfRoom()
    {
        if (_isEnding && _inHand.IsIdle)
        {
            _isEnding = false;
            wake();
        }

        if (!_isFull)
        {
            return;
        }

        (int records, long bytes) = FindRoom();
        bool isEnough = records > options.MaxRecordsInHand / 8 && bytes > options.MaxBytesInHand / 8;
        if (isEnough || (records > 0 && bytes > 0 && _ready.Count == 0))
        {
            _isFull = false;
            wake();
        }
    }

    private (int Records, long Bytes) FindRoom() =>
        (options.MaxRecordsInHand - _inHand.Count, options.MaxBytesInHand - _inHand.Bytes);

    private void MakeReady(RecordInHand<TKey, TValue> record)
    {
        record.State = HandlingState.Ready;
        _ready.Enqueue(record);
    }

    private void Finish(PartitionWindow<TKey, TValue> window)
    {
        long finished = -1;
        while (window.TryFinish(out RecordInHand<TKey, TValue>? first))
        {
            // It was taken from every other place when it ended.
            finished = first.Record.Offset;
            _inHand.Remove(first);
            _spares.Return(first);
        }

        if (finished >= 0)
        {
            window.Partition.Position.Finish(window.Version, finished);
        }
    }

    private void Unblock(RecordInHand<TKey, TValue> record)
    {
        if (record.Window.Partition.Unblock(record, options.OrderBy) is { } next)
        {
            MakeReady(next);
        }
    }

    private void Leave(HandledPartition<TKey, TValue> partition)
    {
        partition.Running--;
        Drain?.Look();
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
}
