namespace EmbeddedLog.Concurrency.Work;

/// <summary>Runs one kind of work on the work queue at each request, one round after the other.</summary>
internal sealed class SerialWorker : IThreadPoolWorkItem
{
    private readonly WorkQueue _queue;
    private readonly AssuredWork _work;
    private readonly SerialRole _role = new();
    private readonly Action _round;

    /// <param name="queue">Runs the rounds.</param>
    /// <param name="round">Does all requests so far; does not throw.</param>
    public SerialWorker(WorkQueue queue, Action round)
    {
        _queue = queue;
        _round = round;
        _work = new AssuredWork(queue, this);
    }

    /// <summary>Requests a round; does nothing after a stop.</summary>
    /// <param name="anyBlocks">Whether threads block for it, perhaps those of the pool: a thread of our own then does
    /// it.</param>
    public void Request(bool anyBlocks = false)
    {
        if (!_role.TryTake(out _))
        {
            return;
        }

        if (anyBlocks)
        {
            _queue.QueueBlocking(this);
        }
        else
        {
            _work.Queue();
        }
    }

    /// <summary>
    /// Admits no more requests; completes when the last round is over. A round that no thread has begun is done here.
    /// </summary>
    public Task StopAsync()
    {
        Task over = _role.StopAsync();
        _work.Execute();
        return over;
    }

    void IThreadPoolWorkItem.Execute()
    {
        do
        {
            _role.Begin();
            _round();
        }
        while (!_role.TryLeave());
    }
}
