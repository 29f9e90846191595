using System.Runtime.ExceptionServices;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Testing.Simulation;

/// <summary>
/// Runs queued work on the calling thread, one item at a time, in random order: the same seed gives the same order.
/// When a call lets other work run (<see cref="Yield"/>), items run in the middle of another one.
/// </summary>
/// <remarks>
/// That work runs on the same thread, so a lock of the caller of <see cref="Yield"/> does not exclude it. A caller that
/// must not be interrupted under its lock has to assert that it does not hold it.
/// </remarks>
internal sealed class SimulatedScheduler(Random random, double yieldProbability = 0.2) : WorkQueue
{
    /// <summary>How deep items may run inside each other.</summary>
    private const int MaxDepth = 4;

    /// <summary>How many items may run without a rest, before that counts as a loop.</summary>
    public const long MaxItems = 10_000_000;

    private readonly Lock _gate = new();

    /// <summary>The waiting items, in no order; under <see cref="_gate"/>.</summary>
    private readonly List<IThreadPoolWorkItem> _waiting = [];

    /// <summary>The first exception out of an item, until it is thrown to the outermost caller.</summary>
    private ExceptionDispatchInfo? _failure;

    /// <summary>How many items are running inside each other.</summary>
    private int _depth;

    private bool _isStopped;

    /// <summary>Invoked before each item, such as for a disk's own background activity.</summary>
    public Action? BeforeItem { get; set; }

    /// <summary>The number of items that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>The number of items that ran.</summary>
    public long ItemsRun { get; private set; }

    public override void Queue(IThreadPoolWorkItem item)
    {
        lock (_gate)
        {
            if (!_isStopped)
            {
                _waiting.Add(item);
            }
        }
    }

    /// <summary>Runs items until the wait is over: one of them ends it.</summary>
    public override void Block(BlockingWait wait) => RunUntil(() => wait.IsDone);

    /// <inheritdoc/>
    public override void Block(Task task) => RunUntil(() => task.IsCompleted);

    /// <summary>Runs other items instead: no time passes by itself.</summary>
    public override void Pause(TimeSpan time) => RunOne();

    private void RunUntil(Func<bool> isOver)
    {
        while (!isOver())
        {
            if (!RunOne())
            {
                throw new InvalidOperationException("The call would block for ever: nothing is queued.");
            }
        }
    }

    /// <summary>
    /// Runs one random item; false when none waits. Throws the exception of an item, which must not throw.
    /// </summary>
    public bool RunOne()
    {
        IThreadPoolWorkItem? item = Draw();
        if (item is null)
        {
            return false;
        }

        BeforeItem?.Invoke();
        Execute(item);
        if (_depth == 0)
        {
            Interlocked.Exchange(ref _failure, null)?.Throw();
        }

        return true;
    }

    /// <summary>Runs items until none waits; returns how many ran.</summary>
    public long RunUntilIdle()
    {
        long items = 0;
        while (RunOne())
        {
            if (++items > MaxItems)
            {
                throw new InvalidOperationException($"The work does not come to rest: {items} items ran.");
            }
        }

        return items;
    }

    /// <summary>Perhaps runs a few items now, in the middle of the caller.</summary>
    public void Yield()
    {
        while (_depth < MaxDepth && random.NextDouble() < yieldProbability && Draw() is { } item)
        {
            Execute(item);
        }
    }

    /// <summary>Drops waiting and later items: the process is dead.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _isStopped = true;
            _waiting.Clear();
        }
    }

    private IThreadPoolWorkItem? Draw()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                return null;
            }

            int index = random.Next(_waiting.Count);
            IThreadPoolWorkItem item = _waiting[index];
            _waiting[index] = _waiting[^1];
            _waiting.RemoveAt(_waiting.Count - 1);
            return item;
        }
    }

    private void Execute(IThreadPoolWorkItem item)
    {
        ItemsRun++;
        _depth++;
        try
        {
            item.Execute();
        }
#pragma warning disable CA1031 // On a real thread pool this ends the process; here it fails the run, not the call.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failure ??= ExceptionDispatchInfo.Capture(exception);
        }
        finally
        {
            _depth--;
        }
    }
}
