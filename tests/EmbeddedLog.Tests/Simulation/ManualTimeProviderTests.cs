using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Simulation;

public sealed class ManualTimeProviderTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly SimulatedScheduler _scheduler = new(new Random(1));
    private readonly ManualTimeProvider _time;
    private readonly List<string> _fired = [];

    public ManualTimeProviderTests() => _time = new ManualTimeProvider(_scheduler, s_start);

    [Fact]
    public void Clocks_LeftAlone_StandStill()
    {
        Assert.Equal(s_start, _time.GetUtcNow());
        Assert.Equal(0, _time.GetTimestamp());

        _time.Advance(s_second);

        Assert.Equal(s_start + s_second, _time.GetUtcNow());
        Assert.Equal(s_second, _time.GetElapsedTime(0));
    }

    [Fact]
    public void Advance_PastATimer_QueuesItOnce()
    {
        using ITimer timer = Timer("a", 2);

        _time.Advance(s_second);
        Assert.Equal(0, _scheduler.RunUntilIdle());
        _time.Advance(s_second);
        Assert.Empty(_fired);
        _scheduler.RunUntilIdle();
        _time.Advance(10 * s_second);
        _scheduler.RunUntilIdle();

        Assert.Equal(["a"], _fired);
        Assert.Equal(0, _time.ActiveTimers);
    }

    [Fact]
    public void Advance_PastSeveralTimers_RunsThemInDueOrder()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var scheduler = new SimulatedScheduler(new Random(seed));
            var time = new ManualTimeProvider(scheduler, s_start);
            var fired = new List<int>();
            foreach (int due in new[] { 3, 1, 2, 1 })
            {
                time.CreateTimer(_ => fired.Add(due), null, due * s_second, Timeout.InfiniteTimeSpan);
            }

            time.Advance(5 * s_second);
            scheduler.RunUntilIdle();

            Assert.Equal([1, 1, 2, 3], fired);
        }
    }

    [Fact]
    public void Advance_WithOtherWork_InterleavesIt()
    {
        var seen = new HashSet<string>();
        for (int seed = 0; seed < 50; seed++)
        {
            var scheduler = new SimulatedScheduler(new Random(seed));
            var time = new ManualTimeProvider(scheduler, s_start);
            string order = "";
            scheduler.Queue(new WorkItem(() => order += "w"));
            time.CreateTimer(_ => order += "t", null, s_second, Timeout.InfiniteTimeSpan);
            time.Advance(s_second);
            scheduler.RunUntilIdle();
            seen.Add(order);
        }

        Assert.Equal(["tw", "wt"], seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Advance_OverManyPeriods_QueuesOneCallbackUntilItRan()
    {
        using ITimer timer = _time.CreateTimer(_ => _fired.Add("p"), null, s_second, s_second);

        _time.Advance(TimeSpan.FromDays(7));
        _time.Advance(s_second);
        _scheduler.RunUntilIdle();
        Assert.Equal(["p"], _fired);
        Assert.Equal(s_second, _time.UntilNextTimer);

        _time.Advance(s_second);
        _scheduler.RunUntilIdle();
        Assert.Equal(["p", "p"], _fired);
    }

    [Fact]
    public void SetUtcNow_EitherWay_MovesNoTimerAndNoTimestamp()
    {
        using ITimer timer = Timer("a", 10);

        _time.SetUtcNow(s_start + TimeSpan.FromDays(1));
        Assert.Equal(s_start + TimeSpan.FromDays(1), _time.GetUtcNow());
        _time.SetUtcNow(s_start - TimeSpan.FromDays(1));
        _time.Advance(9 * s_second);

        Assert.Equal(0, _scheduler.RunUntilIdle());
        Assert.Equal(9 * s_second, _time.GetElapsedTime(0));
        Assert.Equal(s_start - TimeSpan.FromDays(1) + (9 * s_second), _time.GetUtcNow());
        _time.Advance(s_second);
        Assert.Equal(1, _scheduler.RunUntilIdle());
    }

    [Fact]
    public void Change_OfATimer_SetsItAnew()
    {
        using ITimer timer = Timer("a", 1);
        timer.Change(5 * s_second, Timeout.InfiniteTimeSpan);

        _time.Advance(4 * s_second);
        Assert.Equal(s_second, _time.UntilNextTimer);
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Assert.Null(_time.UntilNextTimer);
        timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);

        _scheduler.RunUntilIdle();
        Assert.Equal(["a"], _fired);
    }

    [Fact]
    public async Task Dispose_BetweenDueAndRun_SilencesTheTimer()
    {
        ITimer first = Timer("a", 1);
        ITimer second = Timer("b", 1);
        _time.Advance(s_second);

        first.Dispose();
        await second.DisposeAsync();
        _scheduler.RunUntilIdle();

        Assert.Empty(_fired);
        Assert.False(first.Change(s_second, s_second));
    }

    [Fact]
    public void DisposeAsync_WithinTheCallback_CompletesAfterIt()
    {
        ITimer? timer = null;
        ValueTask disposal = default;
        bool early = true;
        timer = _time.CreateTimer(
            _ =>
            {
                disposal = timer!.DisposeAsync();
                early = disposal.IsCompleted;
            },
            null,
            TimeSpan.Zero,
            s_second);

        _scheduler.RunUntilIdle();

        Assert.False(early);
        Assert.True(disposal.IsCompletedSuccessfully);
    }

    [Fact]
    public void CancellationTokenSource_WithATimeout_IsCancelledByTheClock()
    {
        using var source = new CancellationTokenSource(5 * s_second, _time);

        _time.Advance(5 * s_second);
        Assert.False(source.IsCancellationRequested);
        _scheduler.RunUntilIdle();

        Assert.True(source.IsCancellationRequested);
    }

    [Fact]
    public void Times_OutOfRange_AreRefused()
    {
        TimeSpan negative = TimeSpan.FromTicks(-1);
        Assert.Throws<ArgumentOutOfRangeException>(() => _time.Advance(negative));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => _time.CreateTimer(_ => { }, null, negative, Timeout.InfiniteTimeSpan));
        using ITimer timer = Timer("a", 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => timer.Change(s_second, negative));
    }

    private ITimer Timer(string name, int seconds) =>
        _time.CreateTimer(_ => _fired.Add(name), null, seconds * s_second, Timeout.InfiniteTimeSpan);
}
