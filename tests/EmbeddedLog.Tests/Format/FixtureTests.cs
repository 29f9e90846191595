using System.Globalization;
using System.IO.Compression;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Format;

/// <summary>
/// Directories as each version has written them, which every later version must read. Those of a new version are made
/// with EMBEDDEDLOG_WRITE_FIXTURES=1 and checked in; the old ones are never changed.
/// </summary>
public sealed class FixtureTests
{
    private const int Records = 200;

    private static string Folder => RepositoryRoot.Locate("tests", "EmbeddedLog.Tests", "Fixtures");

    [Theory]
    [InlineData("v1-closed.zip")]
    [InlineData("v1-killed.zip")]
    public async Task Open_DirectoryOfAnEarlierVersion_ReadsWhatWasWritten(string name)
    {
        using TempDirectory root = new();
        await ZipFile.ExtractToDirectoryAsync(Path.Combine(Folder, name), root["log"]);
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        OwnedPartition partition = log.GetTopic("fixture")[0];
        Assert.Equal(Records + 4, partition.EndOffset);
        Assert.True(partition.Log.Segments.Count > 1);
        using (PartitionScan scan = partition.Scan(0))
        {
            for (int i = 0; i < Records; i++)
            {
                Assert.True(scan.TryRead(out RecordView numbered));
                Assert.Equal(Number(i), numbered.Key);
                Assert.Equal(100, numbered.Value.Length);
                Assert.Equal(1_000 + i, numbered.Timestamp);
            }

            Assert.True(scan.TryRead(out RecordView withHeaders));
            Assert.Equal("header", withHeaders.Headers.ToHeaders()[0].Key);
            Assert.True(scan.TryRead(out RecordView tombstone));
            Assert.True(tombstone.IsTombstone);
            Assert.True(scan.TryRead(out RecordView first));
            Assert.Equal("first"u8, first.Value);
            Assert.False(first.HasKey);
            Assert.True(scan.TryRead(out RecordView second));
            Assert.Equal("second"u8, second.Value);
            Assert.False(scan.TryRead(out _));
        }

        using Consumer<byte[], byte[]> consumer = log.CreateConsumer<byte[], byte[]>("fixture", group: "group");
        Assert.Equal(42, consumer.Position(partition.TopicPartition));
    }

    [Fact]
    public async Task Write_WhenAskedTo_MakesTheFixturesOfThisVersion()
    {
        using TempDirectory root = new();
        CommitLog log = await CommitLog.OpenAsync(root["log"]);
        await using (log)
        {
            TopicOptions options = new() { SegmentBytes = 16 << 10, Retention = RetentionPolicy.KeepForever };
            OwnedPartition partition = (await log.CreateTopicAsync("fixture", options))[0];
            for (int i = 0; i < Records; i++)
            {
                partition.Append(new RawRecord(Number(i), new byte[100]) { Timestamp = 1_000 + i });
            }

            partition.Append(new RawRecord("value"u8) { Headers = [new Header("header", "value")] });
            partition.Append(RawRecord.Tombstone("key"u8));
            RecordBatch batch = new();
            batch.Add(new RawRecord("first"u8));
            batch.Add(new RawRecord("second"u8));
            partition.AppendBatch(batch);
            using Consumer<byte[], byte[]> consumer = log.CreateConsumer<byte[], byte[]>("fixture", group: "group");
            await consumer.CommitAsync(new NextOffset(new("fixture", 0), 42));
            await Zip(root["log"], "v1-killed.zip");
        }

        await Zip(root["log"], "v1-closed.zip");
        Assert.True(Directory.Exists(root["log"]));
    }

    private static byte[] Number(int i) =>
        System.Text.Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture));

    private static async Task Zip(string directory, string name)
    {
        if (Environment.GetEnvironmentVariable("EMBEDDEDLOG_WRITE_FIXTURES") == "1")
        {
            // Without the lock, which .NET's own calls cannot open while it is held.
            string target = Path.Combine(Folder, name);
            File.Delete(target);
            using ZipArchive archive = await ZipFile.OpenAsync(target, ZipArchiveMode.Create);
            foreach (string file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
            {
                if (Path.GetFileName(file) != "lock")
                {
                    string entry = Path.GetRelativePath(directory, file);
                    await archive.CreateEntryFromFileAsync(file, entry, CompressionLevel.SmallestSize);
                }
            }
        }
    }
}
