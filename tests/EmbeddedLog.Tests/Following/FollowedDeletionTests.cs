using EmbeddedLog.Files;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Following;

/// <summary>
/// A topic is the one of its uid: where its owner has deleted it, whoever reads it is told so, whatever has come to
/// stand in its place since.
/// </summary>
public sealed class FollowedDeletionTests
{
    private static readonly string[] s_machines = ["mapped", "positional", "no control file"];

    /// <summary>What comes after the deletion; the last is what a kill in the middle of making it leaves.</summary>
    private static readonly string[] s_sequels = ["nothing", "made again", "appended to", "without files"];

    public static TheoryData<string, string> Cases =>
        new(from machine in s_machines from sequel in s_sequels select (machine, sequel));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Read_TopicThatWasDeleted_ThrowsSoInEveryWay(string machine, string sequel)
    {
        foreach (string way in new[] { "scan", "new scan", "end", "start", "durable", "wait", "last", "consumer" })
        {
            using FollowFixture fixture = Make(machine);
            using ReadOnlyLog log = fixture.Follow();
            LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
            Consumer<byte[]?, byte[]> consumer = log.CreateConsumer<byte[]?, byte[]>(FollowFixture.Topic);
            Assert.Equal(40, fixture.Machine.Run(() => CountAsync(consumer)));
            PartitionScan scan = partition.Scan(0);
            while (scan.TryRead(out _))
            {
            }

            Task wait = partition.WaitForAsync(partition.EndOffset).AsTask();
            Replace(fixture, sequel);

            // Without a control file it is seen when the directory is looked at again.
            fixture.Machine.Time.Advance(TimeSpan.FromSeconds(2));
            UnknownTopicException told = AssertGone(fixture, partition, consumer, wait, ref scan, way);
            Assert.Equal(FollowFixture.Topic, told.Topic);
            Assert.Contains("deleted", told.Message, StringComparison.Ordinal);
            scan.Dispose();
            Assert.Equal(0, partition.Source.Truncations);
            if (sequel != "nothing")
            {
                Assert.Equal(sequel == "appended to" ? 3 : 0, log.GetTopic(FollowFixture.Topic)[0].EndOffset);
            }
        }
    }

    private static FollowFixture Make(string machine, int seed = 1)
    {
        FollowFixture fixture = new(
            seed,
            options: machine == "positional" ? SimulationOptions.Positional : new SimulationOptions());
        fixture.Open();
        fixture.Append(40, 1000);
        if (machine == "no control file")
        {
            fixture.Machine.Platform.Files.DeleteFile(Path.Combine(OpenLog.Directory, ControlFile.FileName));
        }

        return fixture;
    }

    [Theory]
    [InlineData("mapped")]
    [InlineData("positional")]
    [InlineData("no control file")]
    public void Read_WhileTheTopicIsDeletedAndMadeAgain_NeverReportsATruncation(string machine)
    {
        for (int seed = 1; seed <= 40; seed++)
        {
            using FollowFixture fixture = Make(machine, seed);
            using ReadOnlyLog log = fixture.Follow();
            LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
            FollowFixture.AssertReads(partition, 0, 40);
            Look look = new(partition);
            fixture.Stepped = look.Execute;
            for (int i = 0; i < 30; i++)
            {
                fixture.Machine.Scheduler.Queue(look);
            }

            Replace(fixture, "appended to");
            fixture.Stepped = null;
            fixture.Machine.Time.Advance(TimeSpan.FromSeconds(2));
            look.Execute();
            Assert.True(look.IsGone);
            Assert.Equal(0, partition.Source.Truncations);
        }
    }

    private static void Replace(FollowFixture fixture, string sequel)
    {
        fixture.Finish(fixture.Owner!.DeleteTopicAsync(FollowFixture.Topic).AsTask());
        if (sequel == "nothing")
        {
            return;
        }

        fixture.Finish(fixture.Owner.CreateTopicAsync(FollowFixture.Topic, FollowFixture.Options).AsTask());
        if (sequel == "appended to")
        {
            fixture.Append(3);
        }

        if (sequel == "without files")
        {
            string directory = fixture.Partition.Log.Segments.Last is null
                ? Path.Combine(OpenLog.Directory, "topics", FollowFixture.Topic + "-1", "0")
                : throw new InvalidOperationException("The topic has a segment.");
            fixture.Kill();
            foreach (string name in fixture.Machine.Platform.Files.ListFiles(directory))
            {
                fixture.Machine.Platform.Files.DeleteFile(Path.Combine(directory, name));
            }
        }
    }

    private sealed class Look(LogPartition partition) : IThreadPoolWorkItem
    {
        private bool _looking;

        public bool IsGone { get; private set; }

        public void Execute()
        {
            if (_looking)
            {
                return;
            }

            _looking = true;
            try
            {
                FollowFixture.AssertReads(partition, 0, 40);
                Assert.False(IsGone, "A deleted topic came back.");
            }
            catch (UnknownTopicException)
            {
                IsGone = true;
            }
            finally
            {
                _looking = false;
            }
        }
    }

    private static UnknownTopicException AssertGone(
        FollowFixture fixture,
        LogPartition partition,
        Consumer<byte[]?, byte[]> consumer,
        Task wait,
        ref PartitionScan scan,
        string way)
    {
        switch (way)
        {
            case "scan":
                return AssertScanGone(ref scan);
            case "new scan":
                return Assert.Throws<UnknownTopicException>(() => partition.Scan(0).Dispose());
            case "end":
                return Assert.Throws<UnknownTopicException>(() => partition.EndOffset);
            case "start":
                return Assert.Throws<UnknownTopicException>(() => partition.StartOffset);
            case "durable":
                return Assert.Throws<UnknownTopicException>(() => partition.DurableOffset);
            case "last":
                return Assert.Throws<UnknownTopicException>(() => partition.TryReadLast(out _));
            case "consumer":
                return Assert.Throws<UnknownTopicException>(() => fixture.Machine.Run(() => CountAsync(consumer)));
            default:
                return Assert.Throws<UnknownTopicException>(
                    () => fixture.Machine.Run(() => wait, TimeSpan.FromSeconds(5)));
        }
    }

    private static UnknownTopicException AssertScanGone(ref PartitionScan scan)
    {
        try
        {
            scan.TryRead(out _);
        }
        catch (UnknownTopicException gone)
        {
            return gone;
        }

        throw new InvalidOperationException("The scan found nothing wrong.");
    }

    private static async Task<int> CountAsync(Consumer<byte[]?, byte[]> consumer)
    {
        int count = 0;
        await foreach (Record<byte[]?, byte[]> _ in consumer.ReadToEndAsync())
        {
            count++;
        }

        return count;
    }
}
