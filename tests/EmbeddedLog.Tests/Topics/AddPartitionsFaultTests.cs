using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Topics;

/// <summary>Partitions are added all or none, whichever call of it fails, and the next try works.</summary>
public sealed class AddPartitionsFaultTests : IDisposable
{
    private const int Before = 1;
    private const int After = 3;

    private readonly SimulatedPlatform _simulation = new(seed: 1);
    private readonly FaultingFileSystem _faults;
    private readonly Platform _platform;

    public AddPartitionsFaultTests()
    {
        _faults = new FaultingFileSystem(_simulation.Platform.Files);
        _platform = _simulation.Platform with { Files = _faults };
    }

    public void Dispose()
    {
        Assert.Empty(_simulation.Disk.OpenFiles);
        _simulation.Dispose();
        Assert.Empty(_simulation.Disk.Violations);
    }

    [Theory]
    [InlineData(false, true, true)]
    [InlineData(true, true, true)]
    [InlineData(false, false, true)]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    [InlineData(true, false, false)]
    public void AddPartitionsAsync_AnyCallFails_ChangesNothingAndCanBeRepeated(bool lasts, bool again, bool clears) =>
        _simulation.Run(async () =>
        {
            long call = 0;
            bool failed = true;
            while (failed)
            {
                call++;
                string directory = $"/log-{call}";
                int expected;
                await using (CommitLog log = await OpenLog.OnAsync(_platform, directory: directory))
                {
                    Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { Partitions = Before });
                    topic[0].Append(new RawRecord("value"u8));
                    await topic[0].FlushAsync();
                    _faults.Reset();
                    _faults.Fail(new Fault(null, call, FileSystemError.DeviceFailure) { Lasts = lasts });
                    failed = await FailsAsync(log);
                    Assert.Equal(failed ? Before : After, topic.PartitionCount);
                    Assert.Equal(failed ? Before : After, topic.Options.Partitions);
                    if (clears)
                    {
                        _faults.Clear();
                    }

                    if (failed && again && clears)
                    {
                        await log.AddPartitionsAsync("topic", After);
                        topic[After - 1].Append(new RawRecord("value"u8));
                    }

                    expected = topic.PartitionCount;
                }

                _faults.Clear();
                await using CommitLog next = await OpenLog.OnAsync(_platform, directory: directory);
                Topic found = next.GetTopic("topic");

                // A log that could not take the addition back, and not be closed cleanly, is as after a crash.
                Assert.True(
                    found.PartitionCount == expected || (!next.Recovery.Clean && found.PartitionCount == After),
                    $"{found.PartitionCount} partitions after a failure of call {call}, not {expected}");
                Assert.True(next.Recovery.Clean || !clears, $"not closed cleanly after a failure of call {call}");
                Assert.Equal(1, found[0].EndOffset);
                Assert.True(!failed || !again || !clears || found[After - 1].EndOffset == 1);
                Assert.Equal(
                    found.PartitionCount, _platform.Files.ListDirectories(directory + "/topics/topic-1").Count);
                Assert.Empty((await next.VerifyAsync()).Findings);
            }

            Assert.InRange(call, 20, 500);
        });

    [Fact]
    public void AddPartitionsAsync_DiskIsFull_ChangesNothingAndTheNextTryWorks()
    {
        bool refused = false;
        bool added = false;
        for (int pages = 0; !added; pages++)
        {
            using SimulatedPlatform machine = new(seed: pages);
            CommitLog log = machine.Run(OpenLog.OnAsync(machine));
            Topic topic = machine.Run(log.CreateTopicAsync("topic"));
            machine.Disk.CapacityBytes = machine.Disk.UsedBytes
                + (pages * EmbeddedLog.Testing.Simulation.Disks.SimulatedDisk.PageBytes);
            Exception? refusal = Record.Exception(() => machine.Run(log.AddPartitionsAsync("topic", 3)));
            Assert.True(refusal is null or DiskFullException, $"{refusal}");
            added = refusal is null;
            refused |= !added;
            Assert.Equal(added ? 3 : 1, topic.PartitionCount);
            Assert.Equal(added ? 3 : 1, machine.Platform.Files.ListDirectories("/log/topics/topic-1").Count);
            machine.Disk.CapacityBytes = long.MaxValue;
            if (!added)
            {
                machine.Run(log.AddPartitionsAsync("topic", 3));
            }

            topic[2].Append(new RawRecord("value"u8));
            machine.Run(log.DisposeAsync());
            CommitLog again = machine.Run(OpenLog.OnAsync(machine));
            Assert.True(again.Recovery.Clean);
            Assert.Equal(1, again.GetTopic("topic")[2].EndOffset);
            machine.Run(again.DisposeAsync());
        }

        Assert.True(refused);
    }

    [Fact]
    public void AddPartitionsAsync_FailedAddition_LeavesProducersAndOptionsAsTheyWere() => _simulation.Run(async () =>
    {
        await using CommitLog log = await OpenLog.OnAsync(_platform);
        Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { Partitions = Before });
        await using Producer<string, string> producer = log.CreateProducer<string, string>("topic");
        _faults.Fail(new Fault(FaultKind.Rename, _faults.CountOf(FaultKind.Rename) + 1, FileSystemError.NoSpace)
        {
            Lasts = true,
        });
        Assert.True(await FailsAsync(log));
        Assert.Equal(0, (await producer.ProduceAsync("key", "value")).Partition);
        _faults.Clear();

        await log.EnsureTopicAsync("topic", new TopicOptions { Partitions = Before, MaxRecordBytes = 100 });
        await log.AddPartitionsAsync("topic", After);

        Assert.Equal(100, topic.Options.MaxRecordBytes);
        Assert.Throws<RecordTooLargeException>(() => topic[After - 1].Append(new RawRecord(new byte[101])));
    });

    [Fact]
    public void DeleteTopicAsync_AfterAFailedAddition_LeavesNothing() => _simulation.Run(async () =>
    {
        await using CommitLog log = await OpenLog.OnAsync(_platform);
        await log.CreateTopicAsync("topic", new TopicOptions { Partitions = Before });
        _faults.Fail(new Fault(
            FaultKind.DeleteFile, _faults.CountOf(FaultKind.DeleteFile) + 1, FileSystemError.DeviceFailure)
        {
            Lasts = true,
        });
        _faults.Fail(FaultKind.Rename, _faults.CountOf(FaultKind.Rename) + 1, FileSystemError.DeviceFailure);
        Assert.True(await FailsAsync(log));
        _faults.Clear();

        await log.DeleteTopicAsync("topic");
        await log.CreateTopicAsync("topic");

        Assert.Single(_platform.Files.ListDirectories(OpenLog.Directory + "/topics"));
    });

    private static async Task<bool> FailsAsync(CommitLog log)
    {
        try
        {
            await log.AddPartitionsAsync("topic", After);
            return false;
        }
        catch (EmbeddedLogException)
        {
            return true;
        }
    }
}
