namespace EmbeddedLog.Concurrency.Work;

/// <summary>Does one thing on the work queue each time that it is asked for, one round after the other.</summary>
internal sealed class SerialWorker : IThreadPoolWorkItem
{
    private readonly WorkQueue _queue;
    private readonly AssuredWork _work;
    private readonly SerialRole _role = new();
    private readonly Action _round;

    /// <param name="queue">Where the rounds run.</param>
    /// <param name="round">Does all that was asked for so far; does not throw.</param>
    public SerialWorker(WorkQueue queue, Action round)
    {
        _queue = queue;
        _round = round;
        _work = new AssuredWork(queue, this);
    }

    /// <summary>Asks for a round; does nothing once it was stopped.</summary>
    /// <param name="anyBlocks">Whether threads block for it, perhaps the pool's: then one of our own does it.</param>
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
    /// Lets no more rounds be asked for; completes when the last one is over. What no thread has begun is done here.
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
