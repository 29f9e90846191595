using System.Text;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Topics;

namespace EmbeddedLog.Tests.Topics;

/// <summary>A topic's description that names fewer partitions than there are.</summary>
public sealed class HiddenPartitionTests
{
    [Theory]
    [InlineData(true, false, true)]
    [InlineData(false, false, true)]
    [InlineData(true, true, true)]
    [InlineData(false, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, false, false)]
    [InlineData(true, true, false)]
    [InlineData(false, true, false)]
    public void Open_DescriptionWithFewerPartitions_IsTold(bool withChecksum, bool followed, bool closed)
    {
        using SimulatedPlatform first = new(7);
        CommitLog log = first.Run(OpenLog.OnAsync(first).AsTask);
        first.Run(() => log.CreateTopicAsync("topic", new TopicOptions { Partitions = 2 }).AsTask());
        if (closed)
        {
            first.Run(log.DisposeAsync());
        }

        // What a clean close has noted of the topics tells nothing after a kill.
        using SimulatedPlatform? later = closed ? null : first.Crash(CrashKind.ProcessKill);
        SimulatedPlatform machine = later ?? first;
        string path = Path.Combine(OpenLog.FullDirectory, "topics", "topic-1", "topic.json");
        TopicDescriptor forged = TopicDescriptor.FromJson(DiskPieces.ReadFile(machine.Platform.Files, path));
        forged.Partitions = withChecksum ? 1 : 2;
        string json = Encoding.UTF8.GetString(forged.ToJson());
        IEnumerable<string> lines = json.Split('\n')
            .Where(line => withChecksum || !line.Contains("\"crc32c\"", StringComparison.Ordinal));
        string changed = string.Join('\n', lines)
            .Replace("\"num.partitions\": 2", "\"num.partitions\": 1", StringComparison.Ordinal);
        DiskPieces.Remove(machine.Platform.Files, path);
        using (LogFile file = machine.Platform.Files.OpenFile(path, FileOpening.CreateNew))
        {
            file.Write(Encoding.UTF8.GetBytes(changed), 0);
        }

        CorruptLogException told = Assert.Throws<CorruptLogException>(() =>
        {
            if (followed)
            {
                using ReadOnlyLog follower = ReadOnlyLog.Open(
                    OpenLog.Directory, new ReadOnlyLogOptions(), machine.Platform);
                _ = follower.Topics;
            }
            else
            {
                machine.Run(OpenLog.OnAsync(machine).AsTask);
            }
        });

        Assert.Equal(path, told.File);
    }
}
