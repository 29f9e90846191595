using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Testing.Machines;

/// <summary>
/// Runs a log, and the user's code, on one thread: whoever calls from outside runs what is due until the call is
/// complete. Code inside asks for what only the outermost loop can do: time, crashes, rest.
/// </summary>
/// <param name="seed">Decides what goes on next, and what crashes leave.</param>
/// <param name="options">The log's.</param>
/// <param name="hasContext">Whether the user's code comes back after an await by a context.</param>
internal sealed class SimulatedMachine(int seed, CommitLogOptions options, bool hasContext) : TestMachine
{
    // Over 400 lines: one loop, and what may only be done in it.

    /// <summary>Stops of the clock in one advance: enough for timers that depend on each other, and bounded.</summary>
    private const int MaxStops = 500;

    private const string Root = "/log";

    /// <summary>
    /// How often, and for how long, code that has left is waited for before it is said that nothing goes on.
    /// </summary>
    private const int Looks = 10;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(5);

    private readonly List<SimulatedPlatform> _platforms = [new SimulatedPlatform(seed, Options(new Random(seed)))];

    /// <summary>What code inside has asked the loop for, first come first served.</summary>
    private readonly List<PumpRequest> _requests = [];

    private CommitLog? _log;

    /// <summary>The thread that runs the loop; 0 for none. Exchanged by who begins and ends.</summary>
    private int _thread;

    /// <summary>How the run became one that cannot be repeated; null while it can. Written by any thread.</summary>
    private volatile SimulationException? _failure;

    public override CommitLog Log => _log ?? throw new InvalidOperationException("The log is not open.");

    public override TimeProvider Time => Platform.Time;

    public override bool HasFailed => _failure is not null;

    public override string Directory => Root;

    private SimulatedPlatform Platform => _platforms[^1];

    /// <summary>Whether the calling thread is the one that runs everything.</summary>
    public bool IsInside => Volatile.Read(ref _thread) == Environment.CurrentManagedThreadId;

    public override async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        Platform platform = Platform.Platform with { Files = new FaultingFileSystem(Platform.Platform.Files, Faults) };
        _log = await CommitLog.OpenAsync(Root, options.ValidatedCopy(), platform, cancellationToken)
            .ConfigureAwait(false);
    }

    public override ValueTask<T> CallAsync<T>(Func<ValueTask<T>> call)
    {
        if (IsInside)
        {
            return InLog(call);
        }

        Task<T>? task = null;
        Pump(() => task = call().AsTask(), () => task!.IsCompleted, stuck: null, TimeSpan.Zero);
        return new ValueTask<T>(task!);
    }

    public override T Begin<T>(Func<T> call)
    {
        if (IsInside)
        {
            return InLog(call);
        }

        T result = default!;
        Pump(() => result = call(), static () => false, stuck: null, TimeSpan.Zero);
        return result;
    }

    public override Task RunAsync(Func<Task> body, TimeSpan patience)
    {
        if (IsInside)
        {
            return body();
        }

        CodeScope scope = new(this, CodeScope.NameOf(body), Life: null);
        Task? task = null;
        Pump(
            () =>
            {
                CodeScope? before = scope.Enter();
                try
                {
                    task = InUserCode(life: null, body);
                }
                finally
                {
                    CodeScope.Leave(before);
                }
            },
            () => task!.IsCompleted,
            () => $"{scope.Name} does not come to its end",
            patience);
        return task!;
    }

    public override T InUserCode<T>(int? life, Func<T> code)
    {
        if (!hasContext)
        {
            return code();
        }

        SimulatedScheduler scheduler = Platform.Scheduler;
        return new SimulatedContext(this, life is null ? () => Platform.Scheduler : () => scheduler).Run(code);
    }

    public override ValueTask AfterUserCode(ValueTask task)
    {
        if (!hasContext || task.IsCompleted)
        {
            return task;
        }

        // The user's code may end with a context in place, where the log, which wants none, is not continued on the
        // same stack: the runtime would use its pool.
        TaskCompletionSource done = new();
        SimulatedScheduler scheduler = Platform.Scheduler;
        task.AsTask().ContinueWith(
            ended => scheduler.Queue(new Turn(done, ended)),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return new ValueTask(done.Task);
    }

    public override ValueTask SettleAsync() => AskAsync(new PumpRequest { Step = static () => true });

    public override ValueTask AdvanceAsync(TimeSpan time)
    {
        TimeSpan left = time;
        TimeSpan least = time / MaxStops;
        return AskAsync(new PumpRequest
        {
            Step = () =>
            {
                if (left == TimeSpan.Zero)
                {
                    return true;
                }

                TimeSpan step = Platform.Time.UntilNextTimer is { } next ? Max(next, least) : left;
                step = step < left ? step : left;
                left -= step;
                Platform.Time.Advance(step);
                return false;
            },
        });
    }

    public override void JumpClock(TimeSpan time) => Platform.Time.SetUtcNow(Platform.Time.GetUtcNow() + time);

    public override ValueTask CrashAsync(Crash crash, Action dead) => AskAsync(new PumpRequest
    {
        IsUrgent = true,
        Step = () =>
        {
            EndLife();
            _platforms.Add(Platform.Crash(crash.Kind, crash.Seed));

            // What code of the old life has asked for is dropped with it.
            _requests.RemoveAll(request => !request.Survives);
            dead();
            Task opening = OpenAsync(CancellationToken.None).AsTask();
            while (!opening.IsCompleted && Platform.Scheduler.RunOne())
            {
            }

            if (!opening.IsCompleted)
            {
                throw new SimulationException("The log does not open after the crash: nothing goes on.");
            }

            opening.GetAwaiter().GetResult();
            return true;
        },
    });

    public override ValueTask WaitUntilAsync(Func<bool> holds, TimeSpan patience, Func<string> describe) =>
        AskAsync(new PumpRequest
        {
            Step = () =>
            {
                if (holds())
                {
                    return true;
                }

                if (Platform.Time.UntilNextTimer is not { } wait || wait > patience)
                {
                    throw Stuck(describe(), patience);
                }

                patience -= wait;
                Platform.Time.Advance(wait);
                return false;
            },
        });

    public override Task YieldAsync()
    {
        if (!IsInside)
        {
            return Task.CompletedTask;
        }

        TaskCompletionSource turn = new();
        Platform.Scheduler.Queue(new Turn(turn, Task.CompletedTask));
        return turn.Task;
    }

    public override void Queue(Action action) => Platform.Scheduler.Queue(new Call(action));

    public override void SlowCall(TimeSpan time)
    {
        Platform.Time.Advance(time);
        Platform.Scheduler.Yield();
    }

    public override void NoteContinued(CodeScope scope)
    {
        if (!IsInside)
        {
            NoteLeft(scope.Name);
        }
    }

    /// <summary>Notes that code of the user's has left the simulation.</summary>
    public void NoteLeft(string name) => Fail(
        $"{name} went on in another thread. On a simulated log, code may wait only for the log and for TestLog.Time, "
        + "so that its seed repeats it. Replace Task.Run, Task.Delay without the TimeProvider and real I/O by test "
        + "doubles, "
        + (hasContext
            ? "or await without ConfigureAwait(false), or use TestLog.CreateAsync."
            : "let nothing complete asynchronously (Task.Yield, channels, semaphores, a cancelled delay), or use "
                + "TestLog.CreateAsync."));

    public override ValueTask DisposeAsync()
    {
        if (!HasFailed && _log is { } log)
        {
            try
            {
                Task? closing = null;
                Pump(
                    () => closing = log.DisposeAsync().AsTask(),
                    () => closing!.IsCompleted,
                    () => "The closing of the log does not come to its end",
                    TimeSpan.FromDays(1));
                closing!.GetAwaiter().GetResult();
            }
            catch (SimulationException) when (HasFailed)
            {
                // Whoever runs it was told, or has a failure of its own, which this one would hide.
            }
        }

        // Another thread that goes on with the user's code may still use the memory of maps: it is left to the process.
        if (!HasFailed)
        {
            _platforms.ForEach(platform => platform.Dispose());
        }

        return default;
    }

    /// <summary>How often others run in the middle of a flush is the seed's choice.</summary>
    private static SimulationOptions Options(Random random) => new()
    {
        YieldProbability = random.Next(3) * 0.2,
    };

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>Has the loop do something: the one around the caller, or one of its own.</summary>
    private ValueTask AskAsync(PumpRequest request)
    {
        ThrowIfFailed();
        request.Survives = CodeScope.Current is not { Life: not null };
        if (!IsInside)
        {
            Pump(() => _requests.Add(request), () => request.Task.IsCompleted, stuck: null, TimeSpan.Zero);
            return new ValueTask(request.Task);
        }

        _requests.Add(request);
        return new ValueTask(request.Task);
    }

    /// <summary>Runs what is queued until it is enough, or until nothing is left.</summary>
    /// <param name="begin">Runs first, inside.</param>
    /// <param name="isEnough">Looked at between two items.</param>
    /// <param name="stuck">Says what does not come to its end; null if that is allowed.</param>
    /// <param name="patience">How far the clock may be moved when nothing is queued.</param>
    private void Pump(Action begin, Func<bool> isEnough, Func<string>? stuck, TimeSpan patience)
    {
        ThrowIfFailed();
        int thread = Environment.CurrentManagedThreadId;
        if (Interlocked.CompareExchange(ref _thread, thread, 0) != 0)
        {
            string code = CodeScope.Current is { } scope ? $", one in {scope.Name}" : "";
            Fail($"Two threads use a simulated log at once{code}: await each call before the next one.");
            ThrowIfFailed();
        }

        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            begin();
            RunUntil(isEnough, stuck, patience);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
            Volatile.Write(ref _thread, 0);
        }

        ThrowIfFailed();
    }

    private void RunUntil(Func<bool> isEnough, Func<string>? stuck, TimeSpan patience)
    {
        long end = Platform.Scheduler.ItemsRun + SimulatedScheduler.MaxItems;
        while (!isEnough())
        {
            ThrowIfFailed();
            if (TryServe(onlyUrgent: true) || Platform.Scheduler.RunOne())
            {
                if (Platform.Scheduler.ItemsRun > end)
                {
                    throw new SimulationException("Work queues more work for ever.");
                }

                continue;
            }

            Rested?.Invoke();
            if (TryServe(onlyUrgent: false))
            {
                continue;
            }

            if (Platform.Time.UntilNextTimer is { } wait && wait <= patience)
            {
                patience -= wait;
                Platform.Time.Advance(wait);
            }
            else if (stuck is null)
            {
                return;
            }
            else
            {
                throw Stuck(stuck(), patience);
            }
        }
    }

    /// <summary>Does a step of what was asked for; false if there is nothing.</summary>
    private bool TryServe(bool onlyUrgent)
    {
        PumpRequest? request = _requests.Find(each => each.IsUrgent || !onlyUrgent);
        if (request is null)
        {
            return false;
        }

        try
        {
            if (request.Step())
            {
                _requests.Remove(request);
                request.Complete();
            }
        }
#pragma warning disable CA1031 // Whoever has asked gets it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _requests.Remove(request);
            request.Fail(failure);
        }

        return true;
    }

    /// <summary>
    /// Says what does not go on. Code that has left may not have begun in its thread yet: that is waited for, so that
    /// its own failure is told.
    /// </summary>
    private SimulationException Stuck(string what, TimeSpan patience)
    {
        for (int i = 0; i < Looks && !HasFailed; i++)
        {
            new BlockingWait().Block(s_look);
        }

        ThrowIfFailed();
        return DescribeStuck(what, patience);
    }

    private SimulationException DescribeStuck(string what, TimeSpan patience) => new(
        $"{what}: nothing is left to run, and "
        + (Platform.Time.UntilNextTimer is { } next
            ? $"the next timer is due in {next}, more than the {patience} that may be waited: move the clock with "
                + "TestLog.AdvanceAsync, or allow more patience"
            : "no timer is set")
        + ". Or it waits for something that is neither the log nor TestLog.Time (Task.Run, Task.Delay without the "
        + "TimeProvider, real I/O), which a simulated log cannot run.");

    private void Fail(string message) => _failure ??= new SimulationException(message) { HasLeft = true };

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new SimulationException(failure.Message, failure) { HasLeft = true };
        }
    }

    /// <summary>Calls into the log, which wants no context.</summary>
    private static T InLog<T>(Func<T> call)
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return call();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private sealed class Call(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }

    private sealed class Turn(TaskCompletionSource turn, Task ended) : IThreadPoolWorkItem
    {
        public void Execute() => turn.SetFromTask(ended);
    }
}
