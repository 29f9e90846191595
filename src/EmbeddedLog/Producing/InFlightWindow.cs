using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Producing;

/// <summary>
/// Bounds the bytes that a producer has appended and that are not durable yet. Who finds no room queues up, and goes in
/// in the order of arrival: nobody overtakes, so that records stay in order and a large one is not starved.
/// </summary>
/// <remarks>
/// Invariant: the bytes in flight are at most the bound, unless they are those of a single record or batch that is
/// larger than the bound, which goes alone.
/// </remarks>
internal sealed class InFlightWindow
{
    private readonly WorkQueue _work;
    private readonly SerialWorker _service;
    private readonly long _maxBytes;

    /// <summary>Each time this many bits of the bytes in flight overflow, a flush is asked for.</summary>
    private readonly int _flushStepShift;

    private readonly Lock _gate = new();

    /// <summary>Those who wait, in order; under the gate.</summary>
    private readonly LinkedList<IRoomWaiter> _queue = new();

    /// <summary>
    /// How many wait or have their turn, so that nobody goes in past them; written under the gate, read by every sender
    /// without it.
    /// </summary>
    private int _queued;

    /// <summary>The bytes in flight; changed atomically by every sender and by whoever follows up a flush.</summary>
    private long _bytes;

    /// <summary>How many threads block until there is room. Interlocked.</summary>
    private int _blocked;

    /// <summary>The most that was refused and that nobody waits for yet; changed atomically.</summary>
    private long _refused;

    public InFlightWindow(WorkQueue work, long maxBytes)
    {
        _work = work;
        _service = new SerialWorker(work, ServeHeads);
        _maxBytes = maxBytes;

        // Four flushes for each time that the window fills: the first is over before there is no more room.
        _flushStepShift = BitOperations.Log2((ulong)Math.Max(1, maxBytes / 4));
    }

    /// <summary>Whose flushes bring room. Set once, before the first use.</summary>
    public PartitionSender[] Senders { get; set; } = [];

    /// <summary>The bytes in flight.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>How many wait for room or have their turn.</summary>
    public int Queued => Volatile.Read(ref _queued);

    /// <summary>Whether anybody waits for room.</summary>
    public bool HasQueue => Queued != 0;

    /// <summary>Takes room without waiting; false where there is not enough, or others wait already.</summary>
    public bool TryTake(long bytes)
    {
        if (HasQueue || !TryAdd(bytes, out long after))
        {
            Refuse(bytes);
            return false;
        }

        if (after >> _flushStepShift != (after - bytes) >> _flushStepShift)
        {
            RequestFlushes();
        }

        return true;
    }

    /// <summary>Whether no record has room, whatever its size: then it need not even be serialized.</summary>
    public bool RefusesAll()
    {
        bool full = HasQueue || Bytes >= _maxBytes;
        if (full)
        {
            Refuse(1);
        }

        return full;
    }

    /// <summary>Gives room back.</summary>
    public void Release(long bytes)
    {
        // The exchange is a fence: either this sees who queues up, or he, who looks at the bytes after he has, sees
        // the room.
        Interlocked.Add(ref _bytes, -bytes);
        if (HasQueue)
        {
            Serve();
        }
    }

    /// <summary>
    /// Completes when there is room for what was refused last, as far as nobody takes it before, or for anything.
    /// </summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        long bytes = Math.Max(1, Interlocked.Exchange(ref _refused, 0));
        return !HasQueue && Fits(Bytes, bytes)
            ? ValueTask.CompletedTask
            : new ValueTask(EnqueueAsync(bytes, null, cancellationToken));
    }

    /// <summary>Queues up, and completes when the turn has come and <paramref name="onTurn"/> has run.</summary>
    /// <param name="bytes">The room to wait for.</param>
    /// <param name="onTurn">
    /// What is done then, without throwing; returns how much of the room it uses. Null: nothing, and none.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting, unless the turn has come.</param>
    public Task EnqueueAsync(long bytes, Func<long>? onTurn, CancellationToken cancellationToken)
    {
        RoomTurn turn = new(this, _work, bytes, onTurn);
        turn.CancelWith(cancellationToken);
        Enqueue(turn);
        return turn.Task;
    }

    /// <summary>Queues up, and blocks the calling thread until it has the room.</summary>
    public void Block(long bytes)
    {
        BlockingTurn turn = new(bytes);
        Interlocked.Increment(ref _blocked);
        try
        {
            Enqueue(turn);
            turn.Wait(_work);
        }
        finally
        {
            Interlocked.Decrement(ref _blocked);
        }
    }

    /// <summary>Queues up.</summary>
    public void Enqueue(IRoomWaiter waiter)
    {
        lock (_gate)
        {
            _queue.AddLast(waiter.QueueNode);
            Volatile.Write(ref _queued, _queued + 1);
        }

        Serve();
        if (waiter.IsCancelled)
        {
            // Perhaps before it was in the queue, so that it could not leave.
            Leave(waiter);
        }
    }

    /// <summary>Takes one out of the queue that gave up, and lets those behind it in for whom there is room.</summary>
    public void Leave(IRoomWaiter waiter)
    {
        bool left, first;
        lock (_gate)
        {
            left = waiter.QueueNode.List is not null;
            first = waiter.QueueNode == _queue.First;
            if (left)
            {
                _queue.Remove(waiter.QueueNode);
                Volatile.Write(ref _queued, _queued - 1);
            }
        }

        if (left)
        {
            waiter.TakeTurn();
        }

        if (first)
        {
            Serve();
        }
    }

    /// <summary>Has the queue looked at, on the work queue.</summary>
    public void Serve() => _service.Request(anyBlocks: Volatile.Read(ref _blocked) != 0);

    private static bool Fits(long inFlight, long bytes, long maxBytes) =>
        inFlight == 0 || bytes == 0 || inFlight + bytes <= maxBytes;

    private bool Fits(long inFlight, long bytes) => Fits(inFlight, bytes, _maxBytes);

    /// <summary>Lets in those at the head of the queue for whom there is room.</summary>
    private void ServeHeads()
    {
        while (TryTakeHead(out IRoomWaiter? head, out long bytes))
        {
            long used = head.TakeTurn();
            Interlocked.Add(ref _bytes, used - bytes);
            EndTurn();
        }

        if (HasQueue)
        {
            // Who waits did so before, but may have missed what was just about to be appended.
            RequestFlushes();
        }
    }

    /// <summary>Takes the head off the queue if there is room for it, which is taken too.</summary>
    private bool TryTakeHead([NotNullWhen(true)] out IRoomWaiter? head, out long bytes)
    {
        lock (_gate)
        {
            head = _queue.First?.Value;
            bytes = head is null or { IsCancelled: true } ? 0 : head.Bytes;
            if (head is null || (bytes != 0 && !TryAdd(bytes, out _)))
            {
                return false;
            }

            _queue.RemoveFirst();
            return true;
        }
    }

    /// <summary>Only after the head has had its turn: as long as it is counted, nobody goes in past it.</summary>
    private void EndTurn()
    {
        lock (_gate)
        {
            Volatile.Write(ref _queued, _queued - 1);
        }
    }

    private bool TryAdd(long bytes, out long after)
    {
        long seen = Bytes;
        while (Fits(seen, bytes))
        {
            after = seen + bytes;
            long found = Interlocked.CompareExchange(ref _bytes, after, seen);
            if (found == seen)
            {
                return true;
            }

            seen = found;
        }

        after = seen;
        return false;
    }

    private void Refuse(long bytes)
    {
        long seen = Volatile.Read(ref _refused);
        while (bytes > seen)
        {
            long found = Interlocked.CompareExchange(ref _refused, bytes, seen);
            if (found == seen)
            {
                break;
            }

            seen = found;
        }

        RequestFlushes();
    }

    /// <summary>Sees to it that what is in flight does not stay there until the background flushes it.</summary>
    private void RequestFlushes()
    {
        foreach (PartitionSender sender in Senders)
        {
            sender.RequestFlush();
        }
    }
}
