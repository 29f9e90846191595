namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// Work that other threads wait for, perhaps blocking threads of the pool. The pool begins it, because its thread then
/// continues the woken waiters. If the pool has not begun after some milliseconds, a thread of our own does it; a
/// waiting thread may do it at once.
/// </summary>
internal sealed class AssuredWork : IThreadPoolWorkItem
{
    private readonly WorkQueue _work;
    private readonly IThreadPoolWorkItem _item;

    /// <summary>One from the request until the beginning; the thread that exchanges it begins.</summary>
    private int _due;

    /// <summary>
    /// Counts requests and delays, so that the watch can recognize an old one. Only changes matter, so increments may
    /// be lost.
    /// </summary>
    private int _requests;

    /// <summary>See <see cref="IsWatched"/>.</summary>
    private bool _watched;

    /// <param name="work">The queue that runs it.</param>
    /// <param name="item">The work. Requested again only after it has begun.</param>
    public AssuredWork(WorkQueue work, IThreadPoolWorkItem item)
    {
        _work = work;
        _item = item;
    }

    /// <summary>Whether it is requested and not begun.</summary>
    public bool IsDue => Volatile.Read(ref _due) != 0;

    /// <summary>How often it was requested.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>The count that <see cref="PoolWatch"/> saw last. Under its gate.</summary>
    public int SeenRequests { get; set; }

    /// <summary>For how many checks nothing was requested. Under the gate of <see cref="PoolWatch"/>.</summary>
    public int IdleLooks { get; set; }

    /// <summary>
    /// Whether <see cref="PoolWatch"/> checks it. Written under its gate; read by the requesting thread.
    /// </summary>
    public bool IsWatched
    {
        get => Volatile.Read(ref _watched);
        set => Volatile.Write(ref _watched, value);
    }

    /// <summary>Requests it.</summary>
    public void Queue()
    {
        Arm();
        _work.Queue(this);
    }

    /// <summary>
    /// Requests it for the end of another work item, which calls <see cref="QueueIfDue"/>. If that call does not come,
    /// it is begun anyway.
    /// </summary>
    public void Arm()
    {
        Volatile.Write(ref _requests, _requests + 1);

        // A fence: the watch reads this after it has stopped watching.
        Interlocked.Exchange(ref _due, 1);
        _work.Watch(this);
    }

    /// <summary>Says that the work before it makes progress, so that it does not count as late yet.</summary>
    public void Delay() => Volatile.Write(ref _requests, _requests + 1);

    /// <summary>Queues the request of <see cref="Arm"/>.</summary>
    public void QueueIfDue()
    {
        if (IsDue)
        {
            _work.Queue(this);
        }
    }

    /// <summary>Takes it over; false if it has begun, or was not requested.</summary>
    public bool TryBegin() => IsDue && Interlocked.Exchange(ref _due, 0) != 0;

    /// <summary>Does it, unless it has begun already.</summary>
    public void Execute()
    {
        if (TryBegin())
        {
            _item.Execute();
        }
    }
}
