using System.Globalization;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Topics;

/// <summary>What topics take of a disk, which preallocation must not make much of.</summary>
public sealed class TopicCostTests
{
    private const int Partitions = 64;
    private const long Mebibyte = 1 << 20;

    public TopicCostTests() => Assert.SkipWhen(
        OperatingSystem.IsMacOS(), "Its file system shares blocks, so that segments are not allocated.");

    [Fact]
    public async Task CreateTopicAsync_Empty_TakesLessThanAMebibyte()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        long before = AllocatedBytes(root["log"]);

        await log.CreateTopicAsync("one");
        Assert.InRange(AllocatedBytes(root["log"]) - before, 1, Mebibyte);

        // Far below a mebibyte each: thousands of partitions take megabytes.
        before = AllocatedBytes(root["log"]);
        await log.CreateTopicAsync("many", new TopicOptions { Partitions = Partitions });
        Assert.InRange(AllocatedBytes(root["log"]) - before, 1, Partitions * 32L * 1024);
    }

    [Fact]
    public async Task Append_OneRecordToEachPartition_TakesAFractionOfTheirSegments()
    {
        using TempDirectory root = new();
        await using (CommitLog log = await CommitLog.OpenAsync(root["log"]))
        {
            Topic topic = await log.CreateTopicAsync("many", new TopicOptions { Partitions = Partitions });
            foreach (OwnedPartition partition in topic.Partitions)
            {
                partition.Append(new RawRecord("value"u8));
            }

            await log.FlushAsync();
            Assert.InRange(AllocatedBytes(root["log"]), 1, Partitions * Mebibyte / 4);
        }

        await using CommitLog again = await CommitLog.OpenAsync(root["log"]);
        Assert.All(again.GetTopic("many").Partitions, partition => Assert.Equal(1, partition.EndOffset));
        Assert.InRange(AllocatedBytes(root["log"]), 1, Partitions * Mebibyte / 4);
    }

    /// <summary>The blocks that files take, holes not counted.</summary>
    private static long AllocatedBytes(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            // It has no du; where segments are mapped no file has holes.
            return Directory.GetFiles(directory, "*", SearchOption.AllDirectories)
                .Sum(file => new FileInfo(file).Length);
        }

        Command du = Command.Run("du", "--summarize", "--block-size=1", directory);
        Assert.Equal(0, du.ExitCode);
        return long.Parse(du.Output.Split('\t')[0], CultureInfo.InvariantCulture);
    }
}
