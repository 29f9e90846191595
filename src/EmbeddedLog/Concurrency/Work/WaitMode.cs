namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// How a caller waits: for a task, or by blocking its thread. A blocking caller gets completed tasks, so that one
/// method serves both ways, and no thread of the pool is needed.
/// </summary>
internal readonly struct WaitMode
{
    /// <summary>The queue to block by; null, the default, for a caller that awaits.</summary>
    private readonly WorkQueue? _blocks;

    private WaitMode(WorkQueue blocks) => _blocks = blocks;

    /// <summary>Whether the calling thread blocks.</summary>
    public bool Blocks => _blocks is not null;

    /// <summary>Blocks the calling thread.</summary>
    public static WaitMode Blocking(WorkQueue work) => new(work);

    /// <summary>Waits for a task that can end without a thread of the pool.</summary>
    public ValueTask For(Task task)
    {
        _blocks?.Block(task);
        return new ValueTask(task);
    }

    /// <summary>Waits some time.</summary>
    public Task PauseAsync(TimeSpan pause, TimeProvider time, CancellationToken cancellationToken)
    {
        if (_blocks is null)
        {
            return Task.Delay(pause, time, cancellationToken);
        }

        // Timers call back on the pool, so this uses the system's time, whatever clock the log has.
        _blocks.Pause(pause);
        return Task.CompletedTask;
    }
}
