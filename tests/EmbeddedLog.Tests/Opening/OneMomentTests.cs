using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using static EmbeddedLog.Tests.Infrastructure.PartitionEnvironment;

namespace EmbeddedLog.Tests.Opening;

/// <summary>
/// The pieces of a log are of one moment: one that is damaged, gone, or from an earlier moment is told when the log is
/// opened, or does no harm. FORMAT.md has the table, "What a damaged piece comes to".
/// </summary>
public sealed class OneMomentTests
{
    private const int First = 5;
    private const int Second = 176;

    private static readonly string s_topic = Path.Combine(OpenLog.FullDirectory, "topics", "topic-1");
    private static readonly string s_partition = Path.Combine(s_topic, "0");

    /// <summary>What is done to a piece.</summary>
    public enum Harm
    {
        /// <summary>The newest page of two has a bad bit, or the first of two copies.</summary>
        NewestDamaged,

        /// <summary>Both have.</summary>
        BothDamaged,

        /// <summary>It was put back as it was after the clean close before the last one.</summary>
        OlderOne,

        /// <summary>It is gone.</summary>
        Missing,
    }

    public static TheoryData<string, bool, Harm, bool> Table()
    {
        TheoryData<string, bool, Harm, bool> table = [];
        foreach (string file in (string[])["session", "closed", "checkpoint", "manifest", "checkpoint+manifest",
            "partition", "topic", "groups", "topic.json"])
        {
            foreach (bool killed in (bool[])[false, true])
            {
                foreach (Harm harm in Enum.GetValues<Harm>())
                {
                    // Files of one copy and directories are damaged in other ways, see the damage laws.
                    bool hasTwo = file is "session" or "closed" or "checkpoint";
                    if (hasTwo || harm is Harm.OlderOne or Harm.Missing)
                    {
                        table.Add(file, killed, harm, Told(file, killed, harm));
                    }
                }
            }
        }

        return table;
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void Open_PieceOfTheLogDamaged_IsReportedOrHarmless(string piece, bool killed, Harm harm, bool told)
    {
        using SimulatedPlatform machine = new(7);
        Dictionary<string, byte[]> older = Live(machine, First, out _);
        Dictionary<string, byte[]> newer = Live(machine, Second, out _);
        SimulatedPlatform after = killed ? Kill(machine, Second + 9) : machine;
        using (after == machine ? null : after)
        {
            foreach (string name in piece.Split('+'))
            {
                Apply(after.Platform.Files, PathOf(name), harm, older);
            }

            string[] segments = Segments(after.Platform.Files);
            EmbeddedLogException? exception = Read(after, killed ? Second + 9 : Second, out long end);

            Assert.True(exception is not null == told, $"end {end}, {exception}");
            if (told && piece != "session")
            {
                CorruptLogException corrupt = Assert.IsType<CorruptLogException>(exception);
                Assert.NotNull(corrupt.File);
            }

            if (told && piece is not ("partition" or "topic" or "groups"))
            {
                Assert.Equal(segments, Segments(after.Platform.Files));
            }

            Assert.True(newer.Count > 0);
        }
    }

    [Fact]
    public void Open_NewestOfTwoCleanCheckpointsDamaged_IsReported()
    {
        // So few records that no segment ends: then nothing writes a checkpoint between the two closes.
        using SimulatedPlatform machine = new(7);
        Live(machine, First, out _);
        Live(machine, First + 71, out _);
        Apply(machine.Platform.Files, PathOf("checkpoint"), Harm.NewestDamaged, []);

        CorruptLogException told = Assert.IsType<CorruptLogException>(Read(machine, First + 71, out _));

        Assert.Equal(PathOf("checkpoint"), told.File);
        Assert.Contains("generation", told.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Salvage_NewestCleanCheckpointDamaged_KeepsAllRecords()
    {
        using SimulatedPlatform machine = new(7);
        Live(machine, First, out _);
        Live(machine, First + 71, out _);
        Apply(machine.Platform.Files, PathOf("checkpoint"), Harm.NewestDamaged, []);

        SalvageReport report = machine.Run(() => SalvageOpening.RunAsync(
            OpenLog.Directory, new TopicPartition("topic", 0), new SalvageOptions(), machine.Platform,
            CancellationToken.None)
            .AsTask());

        Assert.True(report.EndIsCertain);
        Assert.Equal(First + 71, report.EndOffset);
        Assert.Empty(report.Gone);
        Assert.Null(Read(machine, First + 71, out _));
        Assert.Null(Read(machine, First + 71, out _));
    }

    [Fact]
    public void Open_OlderPieces_ReportsTheTimeOfEach()
    {
        using SimulatedPlatform machine = new(7);
        Dictionary<string, byte[]> older = Live(machine, First, out DateTimeOffset firstClose);
        machine.Time.Advance(TimeSpan.FromDays(1));
        Live(machine, Second, out DateTimeOffset secondClose);
        Apply(machine.Platform.Files, PathOf("partition"), Harm.OlderOne, older);

        string message = Read(machine, Second, out _)!.Message;

        Assert.Contains($"{firstClose:yyyy-MM-ddTHH:mm:ss.fff}Z", message, StringComparison.Ordinal);
        Assert.Contains($"{secondClose:yyyy-MM-ddTHH:mm:ss.fff}Z", message, StringComparison.Ordinal);
        Assert.Contains("together with all other files of the log", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_TopicOfAnEarlierMoment_IsReported()
    {
        using SimulatedPlatform machine = new(7);
        Dictionary<string, byte[]> older = Live(machine, First, out _);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        machine.Run(() => log.DeleteTopicAsync("topic").AsTask());
        machine.Run(log.DisposeAsync());
        DiskPieces.Restore(machine.Platform.Files, s_topic, older);

        EmbeddedLogException? told = Read(machine, First, out _);

        Assert.IsType<CorruptLogException>(told);
    }

    [Theory]
    [InlineData(CrashKind.ProcessKill)]
    [InlineData(CrashKind.PowerLoss)]
    internal void Open_TopicMadeOrDeletedSinceTheClose_IsAsItWas(CrashKind crash)
    {
        using SimulatedPlatform machine = new(7);
        Live(machine, First, out _);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        machine.Run(() => log.DeleteTopicAsync("topic").AsTask());
        Topic made = machine.Run(() => log.CreateTopicAsync("other").AsTask());
        AppendNumbered(made[0].Log, 3);
        machine.Run(log.FlushAsync());
        using SimulatedPlatform after = machine.Crash(crash);

        log = after.Run(OpenLog.OnAsync(after).AsTask);

        Assert.Equal(["other"], log.Topics.Select(topic => topic.Name));
        AssertNumbered(log.GetTopic("other")[0].Log, 0, 3);
        after.Run(log.DisposeAsync());
        log = after.Run(OpenLog.OnAsync(after).AsTask);
        Assert.True(log.Recovery.Clean);
        after.Run(log.DisposeAsync());
    }

    [Fact]
    public void Open_SegmentsOfALostManifestAfterAPowerLoss_AreKeptAndReported()
    {
        // Never closed cleanly, so that no list tells of the partition: the frames alone do.
        using SimulatedPlatform machine = new(7);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        Topic topic = machine.Run(() => log.CreateTopicAsync("topic", Options).AsTask());
        for (int end = 10; end <= 200; end += 10)
        {
            AppendNumbered(topic[0].Log, end, 500);
            machine.Run(log.FlushAsync());
        }

        machine.Scheduler.RunUntilIdle();
        using SimulatedPlatform after = machine.Crash(CrashKind.PowerLoss);
        after.Platform.Files.DeleteFile(PathOf("manifest"));
        after.Platform.Files.DeleteFile(PathOf("checkpoint"));
        string[] segments = Segments(after.Platform.Files);

        EmbeddedLogException? told = Read(after, 200, out _);

        Assert.IsType<CorruptLogException>(told);
        Assert.NotEmpty(segments);
        Assert.Equal(segments, Segments(after.Platform.Files));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    internal void Close_CutOffAtAnyChange_IsOpenedWithAllRecords(bool powerLoss)
    {
        // The close, then what the opening after it changes, then the close of that one.
        for (int life = 0; life < 3; life++)
        {
            bool done = false;
            for (int change = 1; !done; change++)
            {
                using SimulatedPlatform machine = new(change);
                Live(machine, First, out _);
                done = Replay(machine, life, change);
                using SimulatedPlatform after = machine.Crash(
                    powerLoss ? CrashKind.PowerLoss : CrashKind.ProcessKill);
                long end = life == 0 ? Second : Second + 1;
                Assert.Null(Read(after, Second, end, out _));
                Assert.Null(Read(after, Second, end, out _));
            }
        }
    }

    private static TopicOptions Options => new()
    {
        SegmentBytes = SegmentBytes,
        Retention = RetentionPolicy.KeepForever,
    };

    /// <summary>What the table says.</summary>
    private static bool Told(string piece, bool killed, Harm harm) => (piece, harm) switch
    {
        // The mark is lost or doubled, and the log is verified as after a kill; the other copy says the same.
        ("session" or "closed", Harm.NewestDamaged) => false,

        // Its topic may have been deleted since, which nothing but its absence tells.
        ("topic", Harm.Missing) => !killed,

        // The options are not bound to the moment, and it was the same.
        ("topic.json", Harm.OlderOne) => false,
        _ => true,
    };

    private static string PathOf(string piece) => piece switch
    {
        "session" or "closed" or "groups" => Path.Combine(OpenLog.FullDirectory, piece),
        "partition" => s_partition,
        "topic" => s_topic,
        "topic.json" => Path.Combine(s_topic, piece),
        _ => Path.Combine(s_partition, piece),
    };

    /// <summary>A life that ends in a clean close, with no checkpoint in between; what it leaves.</summary>
    private static Dictionary<string, byte[]> Live(SimulatedPlatform machine, long to, out DateTimeOffset closedAt)
    {
        CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        Topic topic = machine.Run(() => log.EnsureTopicAsync("topic", Options).AsTask());
        AppendNumbered(topic[0].Log, to);
        machine.Run(log.FlushAsync());
        Commit(machine, log, to);
        machine.Run(log.DisposeAsync());
        closedAt = machine.Time.GetUtcNow();
        return DiskPieces.Copy(machine.Platform.Files, OpenLog.FullDirectory);
    }

    private static void Commit(SimulatedPlatform machine, CommitLog log, long to)
    {
        using Consumer<byte[]?, byte[]?> consumer = machine.Run(
            () => Task.FromResult(log.CreateConsumer<byte[]?, byte[]?>("topic", "group")));
        machine.Run(() => consumer.CommitAsync(new NextOffset(new("topic", 0), to), null).AsTask());
    }

    private static SimulatedPlatform Kill(SimulatedPlatform machine, long to)
    {
        CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        AppendNumbered(log.GetTopic("topic")[0].Log, to);
        Commit(machine, log, to);
        machine.Run(log.FlushAsync());
        return machine.Crash(CrashKind.ProcessKill);
    }

    /// <summary>
    /// Plays a life to its clean close, an opening, and another close, of which one is cut off at a change to the disk;
    /// true where it came to its end.
    /// </summary>
    private static bool Replay(SimulatedPlatform machine, int life, int change)
    {
        CommitLog log = machine.Run(OpenLog.OnAsync(machine).AsTask);
        AppendNumbered(log.GetTopic("topic")[0].Log, Second);
        machine.Run(log.FlushAsync());
        Exception? cut = Cut(0, () => machine.Run(log.DisposeAsync()));
        cut ??= life < 1 ? null : Cut(1, () => log = machine.Run(OpenLog.OnAsync(machine).AsTask));
        if (cut is null && life == 2)
        {
            AppendNumbered(log.GetTopic("topic")[0].Log, Second + 1);
            cut = Cut(2, () => machine.Run(log.DisposeAsync()));
        }

        return cut is null;

        Exception? Cut(int at, Action action)
        {
            if (at == life)
            {
                machine.Disk.CrashAtMutation(machine.Disk.Counters.Mutations + change);
            }

            return Record.Exception(action);
        }
    }

    private static EmbeddedLogException? Read(SimulatedPlatform machine, long expected, out long end) =>
        Read(machine, expected, expected, out end);

    private static EmbeddedLogException? Read(SimulatedPlatform machine, long least, long most, out long end)
    {
        end = -1;
        CommitLog? log = null;
        try
        {
            log = machine.Run(OpenLog.OnAsync(machine).AsTask);
            PartitionLog partition = log.TryGetTopic("topic", out Topic? topic) ? topic[0].Log : null!;
            if (partition is null)
            {
                return null;
            }

            end = partition.PublishedEnd;
            Assert.InRange(end, least, most);
            AssertNumbered(partition, 0, end);
            return null;
        }
        catch (EmbeddedLogException told)
        {
            return told;
        }
        finally
        {
            if (log is not null)
            {
                machine.Run(log.DisposeAsync());
            }

            machine.Scheduler.RunUntilIdle();
            Assert.Empty(machine.Disk.OpenFiles);
            Assert.Empty(machine.Disk.LiveMaps);
        }
    }

    private static void Apply(FileSystem files, string path, Harm harm, Dictionary<string, byte[]> older)
    {
        switch (harm)
        {
            case Harm.NewestDamaged:
                byte[] bytes = DiskPieces.ReadFile(files, path);
                int at = path.EndsWith("closed", StringComparison.Ordinal) ? 20 : NewestPage(bytes) + 30;
                DiskPieces.Flip(files, path, at);
                break;
            case Harm.BothDamaged:
                byte[] all = DiskPieces.ReadFile(files, path);
                DiskPieces.Flip(files, path, 20);
                DiskPieces.Flip(files, path, TwoSlotPage.SecondAt + 20);
                break;
            case Harm.OlderOne:
                DiskPieces.Restore(files, path, older);
                break;
            default:
                DiskPieces.Remove(files, path);
                break;
        }
    }

    private static int NewestPage(byte[] bytes) =>
        BitConverter.ToUInt64(bytes, 16) > BitConverter.ToUInt64(bytes, TwoSlotPage.SecondAt + 16)
            ? 0
            : TwoSlotPage.SecondAt;

    private static string[] Segments(FileSystem files) => !files.DirectoryExists(s_partition)
        ? []
        : [.. files.ListFiles(s_partition).Where(name => name.EndsWith(".segment", StringComparison.Ordinal)).Order()];
}
