using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Topics;

/// <summary>A topic is there whole or not at all, whichever call of its making fails.</summary>
public sealed class TopicCreationTests : IDisposable
{
    private const int Partitions = 3;

    private readonly SimulatedPlatform _simulation = new(seed: 1);
    private readonly FaultingFileSystem _faults;
    private readonly Platform _platform;

    public TopicCreationTests()
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
    [InlineData(false)]
    [InlineData(true)]
    public void CreateTopicAsync_AnyCallFails_LeavesNothingAndCanBeRepeated(bool lasts) => _simulation.Run(async () =>
    {
        long call = 0;
        bool failed = true;
        while (failed)
        {
            call++;
            string directory = $"/log-{call}";
            await using (CommitLog log = await OpenLog.OnAsync(_platform, directory: directory))
            {
                _faults.Reset();
                _faults.Fail(new Fault(null, call, FileSystemError.NoSpace) { Lasts = lasts });
                failed = await FailsAsync(log);
                _faults.Clear();
                if (failed)
                {
                    Assert.Empty(log.Topics);
                    Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { Partitions = Partitions });
                    topic[1].Append(new RawRecord("value"u8));
                }

                Assert.Single(_platform.Files.ListDirectories(directory + "/topics"));
            }

            await using CommitLog again = await OpenLog.OnAsync(_platform, directory: directory);
            Assert.Equal(failed ? 1 : 0, Assert.Single(again.Topics)[1].EndOffset);
        }

        Assert.InRange(call, 20, 500);
    });

    [Fact]
    public void CreateTopicAsync_DiskIsFull_GivesBackWhatItTook() => _simulation.Run(async () =>
    {
        await using CommitLog log = await OpenLog.OnAsync(_platform);
        _faults.Reset();
        _faults.Fail(FaultKind.Write, 2, FileSystemError.NoSpace);
        Assert.True(await FailsAsync(log));
        Assert.Empty(_platform.Files.ListDirectories(OpenLog.Directory + "/topics"));
    });

    private static async Task<bool> FailsAsync(CommitLog log)
    {
        try
        {
            await log.CreateTopicAsync("topic", new TopicOptions { Partitions = Partitions });
            return false;
        }
        catch (EmbeddedLogException)
        {
            return true;
        }
    }
}
