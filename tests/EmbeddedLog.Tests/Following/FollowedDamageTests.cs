using System.Text.RegularExpressions;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation.Disks;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Following;

/// <summary>
/// Each file of a log with each kind of damage: a follower reads exactly what an owner would find there, or is told in
/// the owner's words why it cannot. It never reads less without a word, and never works without coming on.
/// </summary>
public sealed partial class FollowedDamageTests
{
    private const int Records = 70;
    private const int Flushed = 60;

    /// <summary>
    /// How often a follower may look while nothing comes: each 25 ms at the least, with some at first. Each look is a
    /// timer and a call for each that is due.
    /// </summary>
    private const int MaxItemsPerSecond = 300;

    /// <summary>A look reads seven small files at most, where there is no control file to go by.</summary>
    private const int MaxOpensPerSecond = 50 * 7;

    private static readonly string[] s_files =
    [
        "session", "closed", "control", "topic.json", "manifest", "checkpoint", "first segment", "last segment",
    ];

    private static readonly string[] s_endings = ["closed", "killed"];

    public static TheoryData<string, string> Cases =>
        new(from file in s_files from ending in s_endings select (file, ending));

    public static TheoryData<string> Files => [.. s_files];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Open_LogWithDamage_ReadsOrThrowsAsAnOwnerDoes(string file, string ending)
    {
        int damaged = 0;
        for (int damage = 0; damage < FollowedDamage.Count; damage++)
        {
            using FollowFixture fixture = Make(ending);
            string path = PathOf(fixture, file);
            if (!FollowedDamage.TryDo(fixture, path, damage, out string done))
            {
                continue;
            }

            int maps = fixture.Machine.Disk.LiveMaps.Count;
            string followed = Follow(fixture, ending == "closed" ? Records : Flushed);
            Assert.Equal(maps, fixture.Machine.Disk.LiveMaps.Count);
            string owned = Own(fixture);
            bool isCut = done.StartsWith("cut", StringComparison.Ordinal);
            Assert.True(
                Words(followed) == Words(owned) || (isCut && Place(followed) == Place(owned))
                || (file == "session" && IsNoLog(followed) && IsNoLog(owned)),
                $"{file}, {ending}, {done}:\nthe follower {followed}\nthe owner    {owned}");
            damaged += owned == $"reads {Records}" ? 0 : 1;
        }

        Assert.True(damaged > 0 || file is "control" or "session", "No damage was any.");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_DamageWhileTheOwnerLives_ReadsOnOrThrowsAsTheNextOwnerDoes(string file)
    {
        for (int damage = 0; damage < FollowedDamage.Count; damage++)
        {
            using FollowFixture fixture = Make("open");
            using ReadOnlyLog log = fixture.Follow();
            LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
            FollowFixture.AssertReads(partition, 0, Records);

            // What is mapped must not be cut off; that is for the system to answer, with the end of the process.
            bool mayCut = file is not ("control" or "last segment" or "first segment");
            if (!FollowedDamage.TryDo(fixture, PathOf(fixture, file), damage, out string done, mayCut))
            {
                continue;
            }

            fixture.Machine.Time.Advance(TimeSpan.FromSeconds(2));
            string idle = Read(partition, Records);
            fixture.Append(40, 700);
            fixture.Machine.Time.Advance(TimeSpan.FromSeconds(2));
            string later = Read(partition, Records + 40);
            fixture.Kill();
            string owned = Own(fixture);
            foreach (string followed in new[] { idle, later })
            {
                Assert.True(
                    followed == "reads all" || Place(followed) == Place(owned) || IsOfAnotherFile(owned, file),
                    $"{file}, {done}:\nthe follower {followed}\nthe owner    {owned}");
            }
        }
    }

    private static FollowFixture Make(string ending)
    {
        FollowFixture fixture = new();
        fixture.Open();
        fixture.Append(20, 700);
        fixture.Close();
        fixture.Open();
        fixture.Append(Flushed - 20, 700);
        fixture.Flush();
        fixture.Append(Records - Flushed, 700);
        if (ending == "closed")
        {
            fixture.Close();
        }
        else if (ending == "killed")
        {
            fixture.Kill();
        }

        return fixture;
    }

    private static string PathOf(FollowFixture fixture, string file)
    {
        string topic = Path.Combine(OpenLog.Directory, "topics", FollowFixture.Topic + "-1");
        string partition = Path.Combine(topic, "0");
        string[] segments =
        [
            .. fixture.Machine.Platform.Files.ListFiles(partition)
                .Where(name => name.EndsWith(".segment", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
        ];
        return file switch
        {
            "session" or "closed" or "control" => Path.Combine(OpenLog.Directory, file),
            "topic.json" => Path.Combine(topic, file),
            "first segment" => Path.Combine(partition, segments[0]),

            // The very last one is a spare that nothing was written to.
            "last segment" => Path.Combine(partition, segments.Last(name => HasRecords(fixture, partition, name))),
            _ => Path.Combine(partition, file),
        };
    }

    private static bool HasRecords(FollowFixture fixture, string directory, string name)
    {
        using LogFile file = fixture.Machine.Platform.Files.OpenFile(Path.Combine(directory, name), FileOpening.Read);
        byte[] length = new byte[4];
        return file.Read(length, 4096) == 4 && BitConverter.ToInt32(length) != 0;
    }

    /// <summary>What somebody finds who follows: reads all, and waits for a while where that is all.</summary>
    private static string Follow(FollowFixture fixture, long durable)
    {
        try
        {
            using ReadOnlyLog log = fixture.Follow();
            LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
            long read = ReadAll(partition);
            Assert.InRange(partition.DurableOffset, 0, durable);
            AssertRests(fixture, partition, read);
            return $"reads {read}";
        }
        catch (EmbeddedLogException told)
        {
            return Describe(told);
        }
    }

    /// <summary>Waits where there is no more: that takes no more looks than the polls that are due.</summary>
    private static void AssertRests(FollowFixture fixture, LogPartition partition, long end)
    {
        const int Seconds = 5;
        DiskCounters counters = fixture.Machine.Disk.Counters;
        Task wait = partition.WaitForAsync(end).AsTask();
        long items = fixture.Machine.Scheduler.ItemsRun;
        long opens = counters.CountOf(FaultKind.OpenFile);
        for (int i = 0; i < Seconds * 1000 && !wait.IsCompleted; i++)
        {
            fixture.Machine.Time.Advance(TimeSpan.FromMilliseconds(1));
            fixture.Machine.Scheduler.RunUntilIdle();
        }

        if (wait.IsFaulted)
        {
            wait.GetAwaiter().GetResult();
        }

        Assert.False(wait.IsCompleted, "A wait for what there is not was over.");
        items = fixture.Machine.Scheduler.ItemsRun - items;
        Assert.InRange(items, 1, Seconds * MaxItemsPerSecond);
        Assert.InRange(counters.CountOf(FaultKind.OpenFile) - opens, 0, Seconds * MaxOpensPerSecond);
    }

    private static string Own(FollowFixture fixture)
    {
        try
        {
            CommitLog log = fixture.Open();
            long read = ReadAll(log.GetTopic(FollowFixture.Topic)[0]);
            return read >= Records + 40 ? "reads all" : $"reads {read}";
        }
        catch (EmbeddedLogException told)
        {
            // What the opening has found of the partition, in the words in which it was found.
            return Describe(told.InnerException as CorruptLogException ?? told);
        }
    }

    private static string Read(LogPartition partition, long expected)
    {
        try
        {
            long read = ReadAll(partition);
            return read == expected ? "reads all" : $"reads {read}";
        }
        catch (EmbeddedLogException told)
        {
            return Describe(told);
        }
    }

    private static long ReadAll(LogPartition partition)
    {
        using PartitionScan scan = partition.Scan(partition.StartOffset);
        while (scan.TryRead(out RecordView record))
        {
            Assert.Equal(record.Offset, BitConverter.ToInt64(record.Value[..8]));
        }

        Assert.Equal(scan.Offset, partition.EndOffset);
        return scan.Offset;
    }

    private static string Describe(EmbeddedLogException told) =>
        $"is told {told.GetType().Name} of {(told as CorruptLogException)?.File}: {told.Message}";

    /// <summary>
    /// What is told, but for how long the file should be, which an owner knows better, and for how the absence of a
    /// file that holds nothing proven is put.
    /// </summary>
    private static string Words(string outcome) =>
        FileLength().Replace(outcome, "at least N bytes")
            .Replace(
                "a frame is not what was written in", "a segment is missing in", StringComparison.Ordinal)
            .Replace(
                "at position 4096 (expected a valid frame, found no frame)",
                "at position 0 (expected a file, found none)",
                StringComparison.Ordinal);

    /// <summary>
    /// Which kind of exception, and of which file: who has it mapped finds damage at another place in it than who opens
    /// it.
    /// </summary>
    private static string Place(string outcome) =>
        outcome.IndexOf(": ", StringComparison.Ordinal) is > 0 and var at ? outcome[..at] : outcome;

    [GeneratedRegex("at least [0-9,]+ (bytes|KiB|MiB)")]
    private static partial Regex FileLength();

    private static bool IsNoLog(string outcome) =>
        outcome.StartsWith("is told LogDirectoryException", StringComparison.Ordinal);

    /// <summary>
    /// Whether the next owner does not mind what the follower minds: a session that is damaged while an owner lives
    /// comes right with the next one that is written.
    /// </summary>
    private static bool IsOfAnotherFile(string owned, string file) => file == "session" && owned == "reads all";
}
