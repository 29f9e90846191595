using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using Microsoft.Extensions.Time.Testing;

namespace EmbeddedLog.Testing.Machines;

/// <summary>
/// Runs a log in a temporary directory, on the threads of the runtime and a clock that is moved by hand.
/// </summary>
internal sealed class RealMachine(FakeTimeProvider time, CommitLogOptions options) : TestMachine
{
    /// <summary>Stops of the clock in one advance: timers that depend on each other run in between.</summary>
    private const int MaxStops = 200;

    /// <summary>How many times in a row nothing must be under way: the user's code is not counted.</summary>
    private const int QuietLooks = 3;

    /// <summary>How long real code is waited for.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(1);

    private readonly DirectoryInfo _root = System.IO.Directory.CreateTempSubdirectory("embeddedlog-test-");
    private CommitLog? _log;
    private CountingWorkQueue? _work;

    /// <summary>Fails every call of the present life once that has ended, and knows its lock.</summary>
    private FaultCounter _death = new();

    public override CommitLog Log => _log ?? throw new InvalidOperationException("The log is not open.");

    public override TimeProvider Time => time;

    public override string Directory => Path.Combine(_root.FullName, "log");

    public override async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        Platform real = RealPlatform.Create(time, groupReads: options.Access == LogAccess.Group);
        _death = new FaultCounter();
        _work = new CountingWorkQueue(real.Work);
        Platform platform = real with
        {
            Files = new FaultingFileSystem(new FaultingFileSystem(real.Files, _death), Faults),
            Work = _work,
        };
        CommitLogOptions copy = options.ValidatedCopy();
        copy.TimeProvider = time;
        _log = await CommitLog.OpenAsync(Directory, copy, platform, cancellationToken).ConfigureAwait(false);
    }

    public override ValueTask<T> CallAsync<T>(Func<ValueTask<T>> call) => call();

    public override T Begin<T>(Func<T> call) => call();

    public override Task RunAsync(Func<Task> body, TimeSpan patience) => body();

    public override async ValueTask SettleAsync()
    {
        long since = TimeProvider.System.GetTimestamp();
        for (int quiet = 0; quiet < QuietLooks; quiet = _work!.IsIdle ? quiet + 1 : 0)
        {
            await PauseAsync().ConfigureAwait(false);
            if (TimeProvider.System.GetElapsedTime(since) > s_limit)
            {
                throw new TimeoutException($"The log has not come to rest within {s_limit}.");
            }
        }

        Rested?.Invoke();
    }

    public override async ValueTask AdvanceAsync(TimeSpan span)
    {
        TimeSpan step = TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, span.Ticks / MaxStops));
        await SettleAsync().ConfigureAwait(false);
        for (TimeSpan left = span; left > TimeSpan.Zero; left -= step)
        {
            time.Advance(left < step ? left : step);
            while (!_work!.IsIdle)
            {
                await PauseAsync().ConfigureAwait(false);
            }
        }

        await SettleAsync().ConfigureAwait(false);
    }

    public override void JumpClock(TimeSpan span) => time.AdjustTime(time.GetUtcNow() + span);

    public override async ValueTask CrashAsync(Crash crash, Action dead)
    {
        if (crash.Kind != CrashKind.ProcessKill)
        {
            throw new NotSupportedException(
                "A test cannot take the power from a real disk: use TestLog.Simulated for Crash.PowerLoss.");
        }

        EndLife();
        await EndWorkAsync().ConfigureAwait(false);
        _death.AddNext(kind: null, FileSystemError.Other, lasts: true);

        // The system would release the lock of a killed process. Its memory and handles stay until this one ends.
        _death.HeldLock?.Dispose();
        dead();
        await OpenAsync(CancellationToken.None).ConfigureAwait(false);
    }

    public override async ValueTask WaitUntilAsync(Func<bool> holds, TimeSpan patience, Func<string> describe)
    {
        long since = TimeProvider.System.GetTimestamp();
        TimeSpan step = TimeSpan.FromMilliseconds(Math.Max(1, patience.TotalMilliseconds / MaxStops));
        while (!holds())
        {
            await PauseAsync().ConfigureAwait(false);
            if (_work!.IsIdle && patience > TimeSpan.Zero)
            {
                time.Advance(patience < step ? patience : step);
                patience -= step;
            }

            if (TimeProvider.System.GetElapsedTime(since) > s_limit)
            {
                throw new TimeoutException(
                    $"{describe()}, after {s_limit.TotalSeconds:0} s. If it waits for the clock, move that with "
                    + "TestLog.AdvanceAsync, or allow patience.");
            }
        }

        Rested?.Invoke();
    }

    public override async Task YieldAsync() => await Task.Yield();

    public override void SlowCall(TimeSpan span) => new BlockingWait().Block(span);

    public override void NoteContinued(CodeScope scope)
    {
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            if (_log is { } log)
            {
                await log.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            // Windows keeps files that a life without an end has open; they go with the process.
            try
            {
                _root.Delete(recursive: true);
            }
            catch (IOException) when (Life > 0)
            {
            }
            catch (UnauthorizedAccessException) when (Life > 0)
            {
            }
        }
    }

    private async Task EndWorkAsync()
    {
        long since = TimeProvider.System.GetTimestamp();
        _work!.Stop();
        while (!_work.IsQuiet)
        {
            await PauseAsync().ConfigureAwait(false);
            if (TimeProvider.System.GetElapsedTime(since) > s_limit)
            {
                throw new TimeoutException($"Work of the log that is to be killed has not ended within {s_limit}.");
            }
        }
    }

    private static Task PauseAsync() => Task.Delay(s_pause, TimeProvider.System);
}
