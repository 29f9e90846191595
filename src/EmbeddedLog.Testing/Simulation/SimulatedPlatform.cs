using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Testing.Simulation;

/// <summary>
/// A machine to run a log on: a simulated disk, scheduler and clock with one seed. The same seed and the same calls
/// give the same history.
/// </summary>
internal sealed class SimulatedPlatform : IDisposable
{
    private readonly Random _random;

    public SimulatedPlatform(int seed, SimulationOptions? options = null)
        : this(new Random(seed), options ?? new SimulationOptions(), null, null)
    {
    }

    private SimulatedPlatform(
        Random random, SimulationOptions options, SimulatedDisk? disk, Func<WorkQueue, ManualTimeProvider>? createTime)
    {
        _random = random;
        Disk = disk ?? new SimulatedDisk(options, new Random(random.Next()));
        Scheduler = new SimulatedScheduler(new Random(random.Next()), options.YieldProbability);
        Time = createTime?.Invoke(Scheduler) ?? new ManualTimeProvider(Scheduler, options.StartTime);
        Disk.YieldPoint = Scheduler.Yield;
        Scheduler.BeforeItem = WriteBackSometimes;
        Platform = new Platform(new SimulatedFileSystem(Disk), Scheduler, Time);
    }

    /// <summary>The platform for opening a log.</summary>
    public Platform Platform { get; }

    public SimulatedDisk Disk { get; }

    public SimulatedScheduler Scheduler { get; }

    public ManualTimeProvider Time { get; }

    /// <summary>
    /// Ends this machine's life; its work never continues. Returns the machine that starts some seconds later with the
    /// disk after the crash. Dispose this one when no code of its life can use a map any more.
    /// </summary>
    /// <param name="kind">How it ends.</param>
    /// <param name="seed">Decides what the crash leaves open; null for the machine's own seed.</param>
    public SimulatedPlatform Crash(CrashKind kind, int? seed = null)
    {
        Scheduler.Stop();
        int drawn = _random.Next();
        SimulatedDisk disk = Disk.Crash(new Random(seed ?? drawn), kind);
        DateTimeOffset utcNow = Time.GetUtcNow() + TimeSpan.FromMilliseconds(_random.Next(1, 30_000));

        // The monotonic clock runs on unless the machine was off.
        long timestamp = kind == CrashKind.PowerLoss ? 0 : Time.GetTimestamp() + TimeSpan.TicksPerSecond;
        return new SimulatedPlatform(
            _random, Disk.Options, disk, queue => new ManualTimeProvider(queue, utcNow, timestamp));
    }

    /// <summary>
    /// Runs asynchronous code on this thread until it is complete, together with the queued work that it waits for.
    /// </summary>
    /// <param name="body">The code. Its awaits continue inline, where their tasks complete.</param>
    /// <param name="patience">
    /// How much time may pass, when nothing is queued, by moving the clock to the next timer; none by default.
    /// </param>
    /// <exception cref="InvalidOperationException">The code would wait for ever.</exception>
    public void Run(Func<Task> body, TimeSpan patience = default)
    {
        WithoutContext(() =>
        {
            Task task = body();
            Pump(task, patience);
            return task;
        }).GetAwaiter().GetResult();
    }

    /// <inheritdoc cref="Run(Func{Task}, TimeSpan)"/>
    public T Run<T>(Func<Task<T>> body, TimeSpan patience = default)
    {
        return WithoutContext(() =>
        {
            Task<T> task = body();
            Pump(task, patience);
            return task;
        }).GetAwaiter().GetResult();
    }

    /// <summary>Runs queued work on this thread until the task is complete.</summary>
    /// <inheritdoc cref="Run(Func{Task}, TimeSpan)"/>
    public void Run(ValueTask task, TimeSpan patience = default) => Run(task.AsTask, patience);

    /// <summary>Runs queued work on this thread until the task is complete.</summary>
    /// <inheritdoc cref="Run(Func{Task}, TimeSpan)"/>
    public T Run<T>(ValueTask<T> task, TimeSpan patience = default) => Run(task.AsTask, patience);

    public void Dispose()
    {
        Scheduler.Stop();
        Disk.Dispose();
    }

    /// <summary>A test runner's context would continue awaits on other threads.</summary>
    private static T WithoutContext<T>(Func<T> body)
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return body();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private void Pump(Task task, TimeSpan patience)
    {
        long end = Scheduler.ItemsRun + SimulatedScheduler.MaxItems;
        while (!task.IsCompleted)
        {
            if (Scheduler.ItemsRun > end)
            {
                throw new InvalidOperationException(
                    "The code does not come to its end: work queues more work for ever.");
            }

            if (Scheduler.RunOne())
            {
                continue;
            }

            if (Time.UntilNextTimer is not { } wait || wait > patience)
            {
                throw new InvalidOperationException(
                    "The code would wait for ever: nothing is queued, and "
                    + (Time.UntilNextTimer is { } next ? $"the next timer is due in {next}" : "no timer is set")
                    + ". Either it waits for something that nobody does, or a continuation left for the thread pool.");
            }

            patience -= wait;
            Time.Advance(wait);
        }
    }

    private void WriteBackSometimes()
    {
        if (_random.NextDouble() < Disk.Options.WriteBackProbability)
        {
            Disk.WriteBackSome();
        }
    }
}
