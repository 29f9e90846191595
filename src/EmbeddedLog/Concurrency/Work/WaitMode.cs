namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// How somebody waits for what others do: as a task, or by blocking the calling thread. Who asks for the latter gets
/// tasks that are complete, so that one method serves both ways: nothing of it is left for a thread of the pool.
/// </summary>
internal readonly struct WaitMode
{
    /// <summary>The queue to block by; null for who waits as a task, which is the default.</summary>
    private readonly WorkQueue? _blocks;

    private WaitMode(WorkQueue blocks) => _blocks = blocks;

    /// <summary>Whether the calling thread blocks.</summary>
    public bool Blocks => _blocks is not null;

    /// <summary>Blocks the calling thread.</summary>
    public static WaitMode Blocking(WorkQueue work) => new(work);

    /// <summary>Waits for a task that needs no thread of the pool to end.</summary>
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

        // Timers call back on the pool, so this is the system's time, whatever clock the log has.
        _blocks.Pause(pause);
        return Task.CompletedTask;
    }
}
