using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Producing;

/// <summary>
/// Bounds the bytes that a producer has appended and that are not durable yet. Records without room queue up and enter
/// in the order of arrival: none overtakes, so records stay in order and a large one is not starved.
/// </summary>
/// <remarks>
/// Invariant: the bytes in flight are at most the bound, unless a single record or batch is larger than the bound: it
/// goes alone.
/// </remarks>
internal sealed class InFlightWindow
{
    private readonly WorkQueue _work;
    private readonly SerialWorker _service;
    private readonly long _maxBytes;

    /// <summary>A flush is requested each time the bytes in flight overflow this many bits.</summary>
    private readonly int _flushStepShift;

    private readonly Lock _gate = new();

    /// <summary>The waiters in order; under the gate.</summary>
    private readonly LinkedList<IRoomWaiter> _queue = new();

    /// <summary>
    /// The number of waiters, including one that has its turn: no sender passes them. Written under the gate, read by
    /// every sender without it.
    /// </summary>
    private int _queued;

    /// <summary>The bytes in flight; changed atomically by every sender and after every flush.</summary>
    private long _bytes;

    /// <summary>The number of threads that block until there is room. Interlocked.</summary>
    private int _blocked;

    private PartitionSender[] _senders = [];

    /// <summary>The largest refused size that no caller waits for yet; changed atomically.</summary>
    private long _refused;

    public InFlightWindow(WorkQueue work, long maxBytes)
    {
        _work = work;
        _service = new SerialWorker(work, ServeHeads);
        _maxBytes = maxBytes;

        // Four flushes for each filling of the window: the first ends before the room does.
        _flushStepShift = BitOperations.Log2((ulong)Math.Max(1, maxBytes / 4));
    }

    /// <summary>
    /// The senders whose flushes free room. Replaced as a whole by the producer when there are more, before a record
    /// goes to one of them.
    /// </summary>
    public PartitionSender[] Senders
    {
        get => Volatile.Read(ref _senders);
        set => Volatile.Write(ref _senders, value);
    }

    /// <summary>The bytes in flight.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The number of waiters, including one that has its turn.</summary>
    public int Queued => Volatile.Read(ref _queued);

    /// <summary>Whether any sender waits for room.</summary>
    public bool HasQueue => Queued != 0;

    /// <summary>Takes room without waiting; false if there is not enough, or others already wait.</summary>
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

    /// <summary>Whether there is no room for a record of any size: then it need not be serialized.</summary>
    public bool RefusesAll()
    {
        bool full = HasQueue || Bytes >= _maxBytes;
        if (full)
        {
            Refuse(1);
        }

        return full;
    }

    /// <summary>Frees room.</summary>
    public void Release(long bytes)
    {
        // The exchange is a fence: either this thread sees the new waiter, or the waiter, which reads the bytes after
        // it queues up, sees the room.
        Interlocked.Add(ref _bytes, -bytes);
        if (HasQueue)
        {
            Serve();
        }
    }

    /// <summary>
    /// Completes when there is room for the last refused record, or for any if none was refused; another sender may
    /// take that room first.
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
    /// <param name="onTurn">Runs then, must not throw, and returns the used part of the room. Null uses none.</param>
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
            // It may have been cancelled before it was in the queue, and could not leave then.
            Leave(waiter);
        }
    }

    /// <summary>
    /// Removes a cancelled waiter from the queue, and lets those after it enter as far as there is room.
    /// </summary>
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

    /// <summary>Serves the queue on the work queue.</summary>
    public void Serve() => _service.Request(anyBlocks: Volatile.Read(ref _blocked) != 0);

    private static bool Fits(long inFlight, long bytes, long maxBytes) =>
        inFlight == 0 || bytes == 0 || inFlight + bytes <= maxBytes;

    private bool Fits(long inFlight, long bytes) => Fits(inFlight, bytes, _maxBytes);

    /// <summary>Lets the waiters at the head enter as far as there is room.</summary>
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
            // The waiters have done this before, but may have missed records just being appended.
            RequestFlushes();
        }
    }

    /// <summary>Removes the head of the queue and takes its room, if there is enough.</summary>
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

    /// <summary>Only after the head has had its turn: no sender passes it while it is counted.</summary>
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

    /// <summary>Requests the flushes of all bytes in flight, before the background does.</summary>
    private void RequestFlushes()
    {
        foreach (PartitionSender sender in Senders)
        {
            sender.RequestFlush();
        }
    }
}
