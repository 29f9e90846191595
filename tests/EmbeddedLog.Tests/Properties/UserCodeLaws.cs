using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.UserCode;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties;

/// <summary>
/// The law: nothing that the user gives a log can end the process, hang it or break an invariant by throwing. Whole
/// lives are led with loggers, clocks, timers, serializers, partitioners and progress that throw.
/// </summary>
public sealed class UserCodeLaws
{
    private static readonly Arbitrary<int> s_seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

    [Fact]
    public void Life_OfThrowingLoggersAndSerializers_KeepsWhatIsAcknowledged() =>
        Prop.ForAll(s_seeds, HoldSimulated).Check(Config.QuickThrowOnFailure.WithMaxTest(30));

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.1)]
    [InlineData(1)]
    public async Task Life_OfAThrowingClock_KeepsWhatIsAcknowledged(double probability)
    {
        using TempDirectory root = new();
        HostileLife life = new(1, probability);
        for (int i = 0; i < 3; i++)
        {
            HostileTime time = new(TimeProvider.System, life.Moods);
            CommitLog log = await CommitLog.OpenAsync(root["log"], life.Options(time));
            await life.LiveAsync(log, () => Task.CompletedTask);
        }

        await using CommitLog last = await CommitLog.OpenAsync(root["log"]);
        await life.CheckAsync(last);
        Assert.NotEqual(0, life.Moods.Thrown);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(1)]
    public async Task BackgroundFlush_OfAThrowingClock_Comes(double probability)
    {
        using TempDirectory root = new();
        HostileTime time = new(TimeProvider.System, new Moods(1, probability));
        CommitLogOptions options = new() { TimeProvider = time };
        await using CommitLog log = await CommitLog.OpenAsync(root["log"], options);
        Topic topic = await log.CreateTopicAsync("topic", HostileLife.Kept);

        for (int i = 1; i <= 3; i++)
        {
            topic[0].Append(new RawRecord("value"u8));

            // It is waited for, and not asked for.
            FlushedWaiter released = new() { Target = i };
            topic[0].Log.AddFlushWaiter(released);
            Assert.Null(await released.Task);
        }
    }

    private static void HoldSimulated(int seed)
    {
        using SimulatedPlatform machine = new(seed);
        HostileLife life = new(seed, seed % 3 == 0 ? 1 : 0.1);
        for (int i = 0; i < 3; i++)
        {
            machine.Run(
                async () =>
                {
                    CommitLog log = await OpenLog.OnAsync(machine, life.Options(machine.Time));
                    await life.LiveAsync(log, () => Task.Delay(TimeSpan.FromSeconds(2), machine.Time));
                },
                TimeSpan.FromDays(1));
        }

        machine.Scheduler.RunUntilIdle();
        Assert.Empty(machine.Disk.OpenFiles);
        Assert.Empty(machine.Disk.LiveMaps);
        CommitLog last = machine.Run(OpenLog.OnAsync(machine));
        machine.Run(() => life.CheckAsync(last), TimeSpan.FromDays(1));
        machine.Run(last.DisposeAsync());
        Assert.Empty(machine.Disk.Violations);
    }
}
