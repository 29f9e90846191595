using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Partitions.Flushing;

/// <summary>A record that nobody waits for is on the disk when its flush interval is over.</summary>
public sealed class FlushIntervalTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(999)]
    [InlineData(1_000)]
    [InlineData(10_000)]
    public void Append_AgainAndAgain_IsDurableAfterTheInterval(int milliseconds)
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine));
        TimeSpan interval = TimeSpan.FromMilliseconds(milliseconds);
        Topic topic = machine.Run(log.CreateTopicAsync("topic", new TopicOptions { FlushInterval = interval }));
        for (int i = 1; i <= 20; i++)
        {
            topic[0].Append(new RawRecord("value"u8));
            Pass(machine, interval);
            Assert.Equal(i, topic[0].DurableOffset);

            // At another time in the life of a checkpoint that is waited for.
            Pass(machine, i * TimeSpan.FromMilliseconds(70));
        }

        machine.Run(log.DisposeAsync());
    }

    [Fact]
    public void Append_BeforeTheCheckpointOfAPause_DoesNotPutThatOff()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine));
        TopicOptions options = new() { FlushInterval = TimeSpan.FromDays(1) };
        Topic topic = machine.Run(log.CreateTopicAsync("topic", options));
        topic[0].Append(new RawRecord("value"u8));
        machine.Run(topic[0].FlushAsync());
        Pass(machine, TimeSpan.FromDays(1));
        Pass(machine, TimeSpan.FromSeconds(2));

        Assert.Equal(1, topic[0].Log.Files.Checkpoint.Current?.DurableEndOffset);
        machine.Run(log.DisposeAsync());
    }

    [Fact]
    public void EnsureTopicAsync_AShorterInterval_CountsForWhatIsAppendedAlready()
    {
        using SimulatedPlatform machine = new(seed: 1);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine));
        TopicOptions options = new() { FlushInterval = TimeSpan.FromDays(1) };
        Topic topic = machine.Run(log.CreateTopicAsync("topic", options));
        topic[0].Append(new RawRecord("value"u8));
        options.FlushInterval = TimeSpan.FromMilliseconds(5);
        machine.Run(log.EnsureTopicAsync("topic", options));
        Pass(machine, options.FlushInterval);
        Assert.Equal(1, topic[0].DurableOffset);

        topic[0].Append(new RawRecord("value"u8));
        Pass(machine, options.FlushInterval);
        Assert.Equal(2, topic[0].DurableOffset);
        machine.Run(log.DisposeAsync());
    }

    private static void Pass(SimulatedPlatform machine, TimeSpan time)
    {
        machine.Scheduler.RunUntilIdle();
        machine.Time.Advance(time);
        machine.Scheduler.RunUntilIdle();
    }
}
