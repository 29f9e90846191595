using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Topics;

public sealed class OwnedPartitionTests
{
    [Fact]
    public void Failure_AFlushFailed_TellsWhyUntilTheLogIsOpenedAgain()
    {
        using SimulatedPlatform machine = new(seed: 1);
        FaultingFileSystem files = new(machine.Platform.Files);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine.Platform with { Files = files }));
        Topic topic = machine.Run(log.CreateTopicAsync("topic", new TopicOptions { Partitions = 2 }));
        topic[0].Append(new RawRecord("lost"u8));
        files.Reset();
        files.Fail(new Fault(FaultKind.Flush, 1, FileSystemError.DeviceFailure));

        var told = Assert.Throws<PartitionFailedException>(() => machine.Run(topic[0].FlushAsync()));

        EmbeddedLogException failure = Assert.IsType<PartitionFailedException>(topic[0].Failure);
        Assert.Equal((told.Message, "topic", 0), (failure.Message, failure.Topic, failure.Partition));
        Assert.Null(topic[1].Failure);
        files.Clear();
        machine.Run(log.DisposeAsync());
        CommitLog again = machine.Run(OpenLog.OnAsync(machine.Platform));
        Assert.Null(again.GetTopic("topic")[0].Failure);
        machine.Run(again.DisposeAsync());
    }

    [Fact]
    public void Failure_TheDiskWasFull_IsNull()
    {
        using SimulatedPlatform machine = new(seed: 1);
        FaultingFileSystem files = new(machine.Platform.Files);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine.Platform with { Files = files }));
        Topic topic = machine.Run(log.CreateTopicAsync("topic"));
        files.Reset();
        files.Fail(new Fault(FaultKind.Allocate, 1, FileSystemError.NoSpace) { Lasts = true });

        Assert.Throws<DiskFullException>(() => AppendUntilItFails(topic[0]));

        Assert.Null(topic[0].Failure);
        files.Clear();
        Assert.Equal(topic[0].EndOffset, topic[0].Append(new RawRecord("value"u8)));
        machine.Run(log.DisposeAsync());
    }

    private static void AppendUntilItFails(OwnedPartition partition)
    {
        byte[] value = new byte[100_000];
        for (int i = 0; i < 100; i++)
        {
            partition.Append(new RawRecord(value));
        }
    }
}
