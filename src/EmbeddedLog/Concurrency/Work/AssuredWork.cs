namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// Work that others wait for, perhaps on threads of the pool that they hold. The pool begins it, for its thread then
/// goes on with whoever is woken; where it has not begun after some milliseconds a thread of our own does, and who
/// waits may do so at once.
/// </summary>
internal sealed class AssuredWork : IThreadPoolWorkItem
{
    private readonly WorkQueue _work;
    private readonly IThreadPoolWorkItem _item;

    /// <summary>One from the request until somebody begins, which is whoever exchanges it.</summary>
    private int _due;

    /// <summary>
    /// Counts requests and delays, so that who watches can tell an old one: only that it changes counts, so increments
    /// may be lost.
    /// </summary>
    private int _requests;

    /// <summary>See <see cref="IsWatched"/>.</summary>
    private bool _watched;

    /// <param name="work">The queue that runs it.</param>
    /// <param name="item">What is done. Requested again only after it has begun.</param>
    public AssuredWork(WorkQueue work, IThreadPoolWorkItem item)
    {
        _work = work;
        _item = item;
    }

    /// <summary>Whether it is requested and not begun.</summary>
    public bool IsDue => Volatile.Read(ref _due) != 0;

    /// <summary>How often it was requested.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>What <see cref="PoolWatch"/> saw last. Under its gate.</summary>
    public int SeenRequests { get; set; }

    /// <summary>For how many looks nothing was requested. Under the gate of <see cref="PoolWatch"/>.</summary>
    public int IdleLooks { get; set; }

    /// <summary>Whether <see cref="PoolWatch"/> looks at it. Written under its gate; read by who requests.</summary>
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
    /// Requests it for when something else was done, whose end calls <see cref="QueueIfDue"/>; should that not come, it
    /// is begun all the same.
    /// </summary>
    public void Arm()
    {
        Volatile.Write(ref _requests, _requests + 1);

        // A fence: who stops watching looks at this afterwards.
        Interlocked.Exchange(ref _due, 1);
        _work.Watch(this);
    }

    /// <summary>Says that what comes before it makes progress: it is not begun for being late yet.</summary>
    public void Delay() => Volatile.Write(ref _requests, _requests + 1);

    /// <summary>Queues what was requested by <see cref="Arm"/>.</summary>
    public void QueueIfDue()
    {
        if (IsDue)
        {
            _work.Queue(this);
        }
    }

    /// <summary>Takes it over; false where it has begun, or was not requested.</summary>
    public bool TryBegin() => IsDue && Interlocked.Exchange(ref _due, 0) != 0;

    /// <summary>Does it unless it was begun already.</summary>
    public void Execute()
    {
        if (TryBegin())
        {
            _item.Execute();
        }
    }
}
