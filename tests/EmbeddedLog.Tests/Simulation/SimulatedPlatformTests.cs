using System.Globalization;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Simulation;

public sealed class SimulatedPlatformTests : IDisposable
{
    private readonly SimulatedPlatform _platform = new(1);

    public void Dispose() => _platform.Dispose();

    [Fact]
    public void Run_CodeThatAwaitsWork_GoesOnInlineOnThisThread()
    {
        int thread = Environment.CurrentManagedThreadId;

        int result = _platform.Run(async () =>
        {
            int sum = 0;
            for (int i = 0; i < 10; i++)
            {
                sum += await Later(_platform, i);
                Assert.Equal(thread, Environment.CurrentManagedThreadId);
            }

            return sum;
        });

        Assert.Equal(45, result);
    }

    [Fact]
    public void Run_UnderASynchronizationContext_StaysOffItAndPutsItBack()
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        var context = new SynchronizationContext();
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            int thread = Environment.CurrentManagedThreadId;
            _platform.Run(async () =>
            {
                await Later(_platform, 1);
                Assert.Equal(thread, Environment.CurrentManagedThreadId);
            });
            Assert.Same(context, SynchronizationContext.Current);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    [Fact]
    public void Run_ValueTasks_PumpsThemToTheirEnd()
    {
        Assert.Equal(7, _platform.Run(new ValueTask<int>(Later(_platform, 7))));
        _platform.Run(new ValueTask(Later(_platform, 7)));
    }

    [Fact]
    public void Run_CodeThatThrows_ThrowsThat()
    {
        Assert.Throws<InvalidTimeZoneException>(() => _platform.Run(async () =>
        {
            await Later(_platform, 1);
            throw new InvalidTimeZoneException();
        }));
    }

    [Fact]
    public void Run_CodeThatWaitsForNothing_SaysSo()
    {
        var never = new TaskCompletionSource();

        Exception exception = Assert.Throws<InvalidOperationException>(() => _platform.Run(() => never.Task));

        Assert.Contains("for ever", exception.Message, StringComparison.Ordinal);
        Assert.Contains("no timer is set", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_CodeThatWaitsForTime_NeedsPatience()
    {
        Task Delay() => Task.Delay(TimeSpan.FromSeconds(10), _platform.Time);

        Exception exception = Assert.Throws<InvalidOperationException>(() => _platform.Run(Delay));
        Assert.Contains("00:00:10", exception.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => _platform.Run(Delay, TimeSpan.FromSeconds(9)));

        long start = _platform.Time.GetTimestamp();
        _platform.Run(Delay, TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(10), _platform.Time.GetElapsedTime(start));
    }

    [Fact]
    public void Run_WithAPeriodicTimer_LosesItsPatience()
    {
        using ITimer timer = _platform.Time.CreateTimer(_ => { }, null, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        long start = _platform.Time.GetTimestamp();

        Assert.Throws<InvalidOperationException>(
            () => _platform.Run(() => new TaskCompletionSource().Task, TimeSpan.FromSeconds(5.5)));

        Assert.Equal(TimeSpan.FromSeconds(5), _platform.Time.GetElapsedTime(start));
    }

    [Fact]
    public void Crash_ThePowerWay_StopsTheOldAndStartsTheNew()
    {
        _platform.Time.Advance(TimeSpan.FromHours(1));
        _platform.Platform.Work.Queue(new WorkItem(() => Assert.Fail("The process is dead.")));
        using ITimer timer = _platform.Time.CreateTimer(
            _ => Assert.Fail("The process is dead."), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

        using SimulatedPlatform next = _platform.Crash(CrashKind.PowerLoss);
        _platform.Time.Advance(TimeSpan.FromHours(1));
        _platform.Scheduler.RunUntilIdle();
        next.Scheduler.RunUntilIdle();

        Assert.InRange(
            next.Time.GetUtcNow(), _platform.Disk.Options.StartTime + TimeSpan.FromHours(1), DateTimeOffset.MaxValue);
        Assert.Equal(0, next.Time.GetTimestamp());
        Assert.Throws<FileSystemException>(() => _platform.Platform.Files.ListFiles("/"));
        Assert.Empty(next.Platform.Files.ListFiles("/"));
    }

    [Fact]
    public void Crash_OfTheProcess_LetsTheMonotonicClockRunOn()
    {
        _platform.Time.Advance(TimeSpan.FromHours(1));

        using SimulatedPlatform next = _platform.Crash(CrashKind.ProcessKill);

        Assert.InRange(next.Time.GetTimestamp(), TimeSpan.TicksPerHour, long.MaxValue);
    }

    [Fact]
    public void History_SameSeed_IsTheSame() =>
        Prop.ForAll<int>(seed => History(seed) == History(seed)).QuickCheckThrowOnFailure();

    [Fact]
    public void History_OtherSeeds_Differ() =>
        Assert.True(Enumerable.Range(0, 50).Select(History).Distinct().Count() > 25);

    /// <summary>
    /// Some writers that flush, timers and crashes: in what order things came, and what is on the disk.
    /// </summary>
    private static string History(int seed)
    {
        var events = new List<string>();
        var platform = new SimulatedPlatform(seed);
        for (int life = 0; life < 3; life++)
        {
            SimulatedPlatform now = platform;
            using ITimer timer = now.Time.CreateTimer(
                _ => events.Add("tick"), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            now.Run(() => Task.WhenAll(Enumerable.Range(0, 3).Select(writer => WriteAsync(now, writer, events))));
            platform = now.Crash((CrashKind)(life % 2));
            now.Dispose();
            events.Add(platform.Disk.Fingerprint().ToString(CultureInfo.InvariantCulture));
        }

        platform.Dispose();
        return string.Join(' ', events);
    }

    private static async Task WriteAsync(SimulatedPlatform platform, int writer, List<string> events)
    {
        using LogFile file = platform.Platform.Files.OpenFile($"/{writer}", FileOpening.OpenOrCreate);
        for (int i = 1; i < 6; i++)
        {
            events.Add($"{writer}.{await Later(platform, i)}");
            file.Write([(byte)i], i * 3000);
            file.Flush(0, 20_000);
            platform.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        platform.Platform.Files.SyncDirectory("/");
    }

    /// <summary>A value that queued work delivers, as the log's own awaiters are completed.</summary>
    private static Task<int> Later(SimulatedPlatform platform, int value)
    {
        var source = new TaskCompletionSource<int>();
        platform.Platform.Work.Queue(new WorkItem(() => source.SetResult(value)));
        return source.Task;
    }
}
