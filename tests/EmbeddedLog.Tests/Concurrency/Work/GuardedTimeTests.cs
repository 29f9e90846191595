using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Tests.UserCode;
using Microsoft.Extensions.Time.Testing;

namespace EmbeddedLog.Tests.Concurrency.Work;

/// <summary>Clocks and timers of the user's, as the log uses them.</summary>
public sealed class GuardedTimeTests
{
    [Theory]
    [InlineData(0.001, 1)]
    [InlineData(86_400, 1)]
    [InlineData(50 * 86_400, 1)]
    [InlineData(50 * 86_400, 7)]
    [InlineData(36_500.0 * 86_400, 1)]
    public void Timer_OfAnyTime_CallsOnceAndNotBefore(double seconds, int advances)
    {
        FakeTimeProvider clock = new();
        TimeSpan due = TimeSpan.FromSeconds(seconds);
        int calls = 0;
        using ITimer timer = GuardedTime.Create(clock).CreateTimer(
            _ => calls++, null, due, Timeout.InfiniteTimeSpan);

        clock.Advance(due - TimeSpan.FromTicks(1));
        Assert.Equal(0, calls);

        for (int i = 0; i < advances; i++)
        {
            clock.Advance(due / advances);
        }

        Assert.Equal(1, calls);
        clock.Advance(due);
        Assert.Equal(1, calls);
    }

    [Fact]
    public void Timer_OfTheSystem_AcceptsTheLongestTime()
    {
        using ITimer timer = GuardedTime.Create(TimeProvider.System).CreateTimer(
            _ => { }, null, TimeSpan.MaxValue, Timeout.InfiniteTimeSpan);

        Assert.True(timer.Change(TimeSpan.MaxValue, Timeout.InfiniteTimeSpan));
        Assert.True(timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
    }

    [Fact]
    public void Timestamps_OfAClockThatGoesBack_StandStill()
    {
        BackwardTime clock = new();
        GuardedTime time = GuardedTime.Create(clock);
        long first = time.GetTimestamp();
        clock.Timestamp -= 1_000;

        Assert.Equal(first, time.GetTimestamp());
        clock.Timestamp += 2_000;
        Assert.Equal(first + 1_000, time.GetTimestamp());
    }

    [Fact]
    public void Clock_ThatThrows_IsReplacedAndReportedOnce()
    {
        GuardedTime time = GuardedTime.Create(new HostileTime(new FakeTimeProvider(), new Moods(1, 1)));

        Assert.InRange(time.GetUtcNow(), DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);
        long first = time.GetTimestamp();
        Assert.True(time.GetTimestamp() >= first);
        Assert.NotNull(time.TakeFailure());
        Assert.Null(time.TakeFailure());
    }

    private sealed class BackwardTime : TimeProvider
    {
        public long Timestamp { get; set; } = 10_000;

        public override long TimestampFrequency => 1_000;

        public override long GetTimestamp() => Timestamp;
    }
}
