using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Following;

/// <summary>A process that follows a log, with work and a clock of its own, so that it can be killed alone.</summary>
internal sealed class FollowerProcess
{
    private readonly SimulatedPlatform _machine;
    private readonly string? _offsets;

    public FollowerProcess(SimulatedPlatform machine, int seed, ReadOnlyLogOptions options)
    {
        _machine = machine;
        _offsets = options.OffsetsDirectory;
        Work = new SimulatedScheduler(new Random(seed));
        Time = new ManualTimeProvider(Work, machine.Time.GetUtcNow());
        Log = ReadOnlyLog.Open(
            OpenLog.Directory, options.ValidatedCopy(), new Platform(machine.Platform.Files, Work, Time));
    }

    public ReadOnlyLog Log { get; }

    public SimulatedScheduler Work { get; }

    public ManualTimeProvider Time { get; }

    public LogPartition Partition => Log.GetTopic(FollowFixture.Topic)[0];

    /// <summary>Frees the lock of a directory, as the end of the process that has it does.</summary>
    public static void Unlock(SimulatedPlatform machine, string directory)
    {
        lock (machine.Disk.Gate)
        {
            if (machine.Disk.Names.Find(Path.Combine(directory, "lock")) is FileNode held)
            {
                machine.Disk.Locked.Remove(held);
            }
        }
    }

    /// <summary>Runs code and this process' work until the code is complete; the clock stands.</summary>
    public T Run<T>(Func<Task<T>> body)
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            Task<T> task = body();
            while (!task.IsCompleted)
            {
                Assert.True(Work.RunOne(), "The follower would wait for ever.");
            }

            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <inheritdoc cref="Run{T}(Func{Task{T}})"/>
    public void Run(Func<Task> body) => Run(async () =>
    {
        await body();
        return true;
    });

    /// <summary>Does what is due, lets time pass, and does what is due then.</summary>
    public void Wait(TimeSpan time)
    {
        Work.RunUntilIdle();
        Time.Advance(time);
        Work.RunUntilIdle();
    }

    /// <summary>Ends the process as a kill does.</summary>
    public void Kill()
    {
        Work.Stop();
        Unlock(_machine, _offsets!);
    }

    /// <summary>Ends it as a program ends.</summary>
    public void Close() => Run(() => Log.DisposeAsync().AsTask());
}
