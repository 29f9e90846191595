using System.Buffers.Binary;
using System.Runtime.Versioning;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.Tests.Format;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;
using EmbeddedLog.Topics;

namespace EmbeddedLog.Tests.Files;

/// <summary>
/// Numbers in a data directory that no log comes to, with right checksums over them: they are told, or passed over, and
/// neither overflow nor cost more than what really lies in the directory.
/// </summary>
[SupportedOSPlatform("linux")]
[Collection(Alone.Name)]
public sealed class ForgedNumberTests : IDisposable
{
    private const int RecordsInASegment = 11;
    private const string Manifest = "manifest";

    private readonly TempDirectory _directory = new();

    public ForgedNumberTests() => Require.Linux();

    private string Root => _directory["log"];

    private string Topic => Path.Combine(Root, "topics", "events-1");

    private string Partition => Path.Combine(Topic, "0");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Partitions_ClaimedButNotThere_CostLittleMemory(bool follow)
    {
        await MakeLogAsync(RecordsInASegment);
        string path = Path.Combine(Topic, "topic.json");
        TopicDescriptor forged = TopicDescriptor.FromJson(
            await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        forged.Partitions = 16384;
        File.WriteAllBytes(path, forged.ToJson());

        long before = GC.GetTotalAllocatedBytes(precise: true);
        CorruptLogException told = await Assert.ThrowsAsync<CorruptLogException>(async () =>
        {
            if (follow)
            {
                await using ReadOnlyLog log = await CommitLog.OpenReadOnlyAsync(Root);
                foreach (LogPartition partition in log.GetTopic("events").Partitions)
                {
                    await Record.ExceptionAsync(() => Task.FromResult(partition.EndOffset));
                }
            }
            else
            {
                await using CommitLog log = await CommitLog.OpenAsync(Root);
            }
        });

        Assert.NotNull(told.File);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 32 << 20);
    }

    [Fact]
    public async Task Partitions_AllDamaged_CostLittleMemoryEach()
    {
        const int Count = 300;
        await using (CommitLog log = await CommitLog.OpenAsync(Root))
        {
            await log.CreateTopicAsync("events", new TopicOptions { Partitions = Count });
        }

        foreach (string partition in Directory.GetDirectories(Topic))
        {
            File.WriteAllText(Path.Combine(partition, Manifest), "nothing");
        }

        await using ReadOnlyLog followed = await CommitLog.OpenReadOnlyAsync(Root);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        foreach (LogPartition partition in followed.GetTopic("events").Partitions)
        {
            Assert.Throws<CorruptLogException>(() => partition.EndOffset);
        }

        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, Count * (1 << 20));
    }

    [Theory]
    [InlineData("4294967294.segment")]
    [InlineData("4294967295.segment")]
    [InlineData("4294967294.index")]
    [InlineData("2147483646.segment")]
    public async Task StrayFile_WithAGreatNumber_UsesUpNoSequences(string name)
    {
        await MakeLogAsync(RecordsInASegment);
        File.WriteAllText(Path.Combine(Partition, name), "stray");

        await AppendAsync(3 * RecordsInASegment);
        await AppendAsync(3 * RecordsInASegment);

        await ReadAsync(7 * RecordsInASegment);
        Assert.False(File.Exists(Path.Combine(Partition, name)));
    }

    [Theory]
    [InlineData((long)int.MaxValue + 1)]
    [InlineData(uint.MaxValue)]
    public async Task Sequence_AboveThoseOfAnyLog_IsReported(long sequence)
    {
        await MakeLogAsync(3 * RecordsInASegment);
        ForgeLastRecord(record => BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(16), (uint)sequence));

        CorruptLogException told = await Assert.ThrowsAsync<CorruptLogException>(() => ReadAsync(0));

        Assert.Equal(Path.Combine(Partition, Manifest), told.File);
    }

    [Fact]
    public async Task Sequence_ThatIsTheLast_EndsAppendsWithAnErrorOfTheLibrary()
    {
        await MakeLogAsync(3 * RecordsInASegment);
        using (FileStream manifest = new(Path.Combine(Partition, Manifest), FileMode.Open))
        {
            byte[] record = new byte[ManifestRecord.Bytes];
            long position = manifest.Length;
            manifest.Position = position;
            manifest.Write(record);
        }

        ForgeLastRecord(record => ManifestRecord
            .LogStart(0, 1, FormatLimits.MaxSequence + 1, ManifestHeader.Bytes)
            .Write(record, TopicUid(), new FileInfo(Path.Combine(Partition, Manifest)).Length - ManifestRecord.Bytes));

        await Assert.ThrowsAsync<CorruptLogException>(() => AppendAsync(3 * RecordsInASegment));
        await Assert.ThrowsAsync<CorruptLogException>(() => AppendAsync(3 * RecordsInASegment));
    }

    [Theory]
    [InlineData("checkpoint", 72, uint.MaxValue, 4)]
    [InlineData("checkpoint", 48, long.MaxValue, 8)]
    [InlineData("checkpoint", 56, long.MaxValue, 8)]
    [InlineData("checkpoint", 64, long.MaxValue, 8)]
    [InlineData("checkpoint", 16, -1, 8)]
    [InlineData("session", 16, -1, 8)]
    [InlineData("session", 16, long.MaxValue, 8)]
    [InlineData("session", 16, (1L << 32) - 1, 8)]
    [InlineData("session", 16, int.MaxValue, 8)]
    public async Task Page_WithANumberAboveThoseOfAnyLog_IsReported(
        string name, int at, long value, int bytes)
    {
        await MakeLogAsync(3 * RecordsInASegment, closed: name == "checkpoint");
        string path = Path.Combine(name == "session" ? Root : Partition, name);
        await ForgePagesAsync(path, page =>
        {
            Span<byte> number = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
            number[..bytes].CopyTo(page.AsSpan(at));
        });

        await Assert.ThrowsAsync<CorruptLogException>(() => ReadAsync(0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(RecordsInASegment - 1)]
    public async Task DurableEnd_OutsideItsSegment_IsReported(long offset)
    {
        await MakeLogAsync(RecordsInASegment + 1);
        string session = Path.Combine(Root, "session");
        await ForgePagesAsync(session, page => page[52] = 0);
        await ForgePagesAsync(
            Path.Combine(Partition, "checkpoint"),
            page => BinaryPrimitives.WriteInt64LittleEndian(page.AsSpan(48), offset));

        CorruptLogException told = await Assert.ThrowsAsync<CorruptLogException>(() => AppendAsync(1));

        Assert.NotNull(told.File);
    }

    [Fact]
    public async Task Epoch_OfASegmentAboveTheCheckpoints_IsReported()
    {
        await MakeLogAsync(3 * RecordsInASegment);
        ForgeLastRecord(record => BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(20), 1_000));

        await Assert.ThrowsAsync<CorruptLogException>(() => AppendAsync(3 * RecordsInASegment));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Segment_LargerThanAnyThereIs_IsReported(bool closed)
    {
        await MakeLogAsync(RecordsInASegment / 2, closed);
        string path = Path.Combine(Partition, "00000001.segment");
        using (FileStream file = new(path, FileMode.Open))
        {
            file.SetLength(FormatLimits.MaxSegmentBytes + 1);
        }

        CorruptLogException told = await Assert.ThrowsAsync<CorruptLogException>(() => ReadAsync(0));

        Assert.Equal(path, told.File);
        Assert.Equal(FormatLimits.MaxSegmentBytes, told.Position);
    }

    [Fact]
    public async Task Control_OfATebibyte_DelaysNeitherOwnerNorFollower()
    {
        await MakeLogAsync(RecordsInASegment);
        string path = Path.Combine(Root, "control");
        using (FileStream file = new(path, FileMode.Open))
        {
            file.SetLength(1L << 40);
        }

        await using (ReadOnlyLog log = await CommitLog.OpenReadOnlyAsync(Root))
        {
            Assert.Equal(RecordsInASegment, log.GetTopic("events")[0].EndOffset);
        }

        await ReadAsync(RecordsInASegment);
    }

    [Fact]
    public async Task Tail_OfMoreSegmentsThanAreMappedAtOnce_IsRecoveredWhole()
    {
        await MakeLogAsync(150 * RecordsInASegment, closed: false);

        await ReadAsync(150 * RecordsInASegment);
    }

    [Fact]
    public async Task Index_WithALastEntryBeforeTheEnd_DelaysNoAppend()
    {
        await MakeLogAsync(RecordsInASegment / 2);
        string path = Path.Combine(Partition, "00000001.index");
        byte[] index = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        BinaryPrimitives.WriteUInt32LittleEndian(index.AsSpan(index.Length - IndexCodec.EntryBytes), uint.MaxValue);
        Forge.Reseal(index);
        File.WriteAllBytes(path, index);

        await AppendAsync(2 * RecordsInASegment);

        await ReadAsync((2 * RecordsInASegment) + (RecordsInASegment / 2));
    }

    [Fact]
    public async Task Frames_WithOffsetsThatDoNotFollow_AreReported()
    {
        await MakeLogAsync(2 * RecordsInASegment);
        File.Delete(Path.Combine(Partition, "00000001.index"));
        ForgeFrames(Path.Combine(Partition, "00000001.segment"), offsetDelta: 1);

        await using CommitLog log = await CommitLog.OpenAsync(Root);

        Assert.Throws<CorruptLogException>(() => log.GetTopic("events")[0].FindOffset(DateTimeOffset.UnixEpoch));
    }

    private static ulong Generation(ReadOnlySpan<byte> page) => BinaryPrimitives.ReadUInt64LittleEndian(page[16..]);

    private ulong TopicUid() => BinaryPrimitives.ReadUInt64LittleEndian(
        File.ReadAllBytes(Path.Combine(Partition, Manifest)).AsSpan(16));

    /// <summary>Changes the newest page of a file of two, and leaves it there alone: the other must not help.</summary>
    private static async Task ForgePagesAsync(string path, Action<byte[]> change)
    {
        byte[] pages = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        byte[] page = pages.AsSpan(0, TwoSlotPage.Bytes).ToArray();
        byte[] other = pages.AsSpan(TwoSlotPage.SecondAt).ToArray();
        page = Generation(other) > Generation(page) ? other : page;
        change(page);
        Forge.Reseal(page);
        Array.Clear(pages);
        page.CopyTo(pages, (int)TwoSlotPage.GetPosition(Generation(page)));
        await File.WriteAllBytesAsync(path, pages, TestContext.Current.CancellationToken);
    }

    private void ForgeLastRecord(Action<byte[]> change)
    {
        string path = Path.Combine(Partition, Manifest);
        byte[] manifest = File.ReadAllBytes(path);
        int at = manifest.Length - ManifestRecord.Bytes;
        byte[] record = manifest[at..];
        change(record);
        Forge.ResealRecord(record, BinaryPrimitives.ReadUInt64LittleEndian(manifest.AsSpan(16)), at);
        record.CopyTo(manifest, at);
        File.WriteAllBytes(path, manifest);
    }

    /// <summary>Gives all frames but the first one and the same offset.</summary>
    private static unsafe void ForgeFrames(string path, uint offsetDelta)
    {
        byte[] bytes = File.ReadAllBytes(path);
        uint seed = FrameCrc.SegmentSeed(BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(16)));
        fixed (byte* segment = bytes)
        {
            FrameWalker walker = new(segment, seed, SegmentHeader.PageBytes, bytes.Length);
            for (int i = 0; walker.MoveNext(); i++)
            {
                if (i > 0)
                {
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan((int)walker.Position + 12), offsetDelta);
                    uint crc = FrameCrc.Compute(seed, walker.Position, walker.Frame, walker.Length);
                    FrameHeader.WriteCrc(walker.Frame, crc);
                }
            }
        }

        File.WriteAllBytes(path, bytes);
    }

    /// <summary>A log of one topic, closed, or as a killed process leaves it.</summary>
    private async Task MakeLogAsync(int records, bool closed = true)
    {
        string made = closed ? Root : _directory["owned"];
        await using CommitLog log = await CommitLog.OpenAsync(made);
        TopicOptions options = new() { SegmentBytes = 16 << 10, FlushInterval = Timeout.InfiniteTimeSpan };
        Topic topic = await log.CreateTopicAsync("events", options);
        Append(topic[0], records);
        if (!closed)
        {
            Command.CopyOpenLog(made, Root, "--sparse=always");
        }
    }

    private async Task AppendAsync(int records)
    {
        await using CommitLog log = await CommitLog.OpenAsync(Root);
        Append(log.GetTopic("events")[0], records);
    }

    private static void Append(OwnedPartition partition, int records)
    {
        byte[] value = new byte[1000];
        for (int i = 0; i < records; i++)
        {
            partition.Append(new RawRecord(value));
        }
    }

    private async Task ReadAsync(int expected)
    {
        await using CommitLog log = await CommitLog.OpenAsync(Root);
        using PartitionScan scan = log.GetTopic("events")[0].Scan(0);
        int read = 0;
        while (scan.TryRead(out RecordView record))
        {
            Assert.Equal(read, record.Offset);
            read++;
        }

        Assert.Equal(expected, read);
    }
}
