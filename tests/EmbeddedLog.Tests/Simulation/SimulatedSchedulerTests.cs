using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Simulation;

public sealed class SimulatedSchedulerTests
{
    [Fact]
    public void RunUntilIdle_SameSeed_RunsInTheSameOrder() =>
        Prop.ForAll<int, byte>((seed, count) => Order(seed, count).SequenceEqual(Order(seed, count)))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void RunUntilIdle_AnySeed_RunsEachItemOnce() =>
        Prop.ForAll<int, byte>((seed, count) => Order(seed, count).Order().SequenceEqual(Enumerable.Range(0, count)))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void RunUntilIdle_ManySeeds_ReachEveryOrder()
    {
        var seen = new HashSet<string>();
        for (int seed = 0; seed < 200; seed++)
        {
            seen.Add(string.Concat(Order(seed, 3)));
        }

        Assert.Equal(["012", "021", "102", "120", "201", "210"], seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void RunUntilIdle_ItemsThatQueueMore_RunsThoseToo()
    {
        var scheduler = new SimulatedScheduler(new Random(1));
        int runs = 0;
        scheduler.Queue(new WorkItem(() =>
        {
            runs++;
            scheduler.Queue(new WorkItem(() => runs++));
        }));

        Assert.Equal(2, scheduler.RunUntilIdle());
        Assert.Equal((2, 2L, 0), (runs, scheduler.ItemsRun, scheduler.Waiting));
        Assert.False(scheduler.RunOne());
    }

    [Fact]
    public void RunOne_AnItemThatThrows_ThrowsThat()
    {
        var scheduler = new SimulatedScheduler(new Random(1));
        scheduler.Queue(new WorkItem(() => throw new InvalidTimeZoneException()));

        Assert.Throws<InvalidTimeZoneException>(() => scheduler.RunOne());
        Assert.False(scheduler.RunOne());
    }

    [Fact]
    public void Yield_AnItemThatThrows_SparesTheCallAndFailsTheRun()
    {
        var scheduler = new SimulatedScheduler(new Random(1), yieldProbability: 1);
        bool passed = false;
        scheduler.Queue(new WorkItem(() =>
        {
            scheduler.Queue(new WorkItem(() => throw new InvalidTimeZoneException()));
            scheduler.Yield();
            passed = true;
        }));

        Assert.Throws<InvalidTimeZoneException>(() => scheduler.RunUntilIdle());
        Assert.True(passed);
    }

    [Fact]
    public void Yield_ItemsThatYield_NestNoDeeperThanTheLimit()
    {
        var scheduler = new SimulatedScheduler(new Random(1), yieldProbability: 1);
        int depth = 0;
        int deepest = 0;
        for (int i = 0; i < 50; i++)
        {
            scheduler.Queue(new WorkItem(() =>
            {
                deepest = Math.Max(deepest, ++depth);
                scheduler.Yield();
                depth--;
            }));
        }

        scheduler.RunUntilIdle();

        Assert.Equal(4, deepest);
        Assert.Equal(50, scheduler.ItemsRun);
    }

    [Fact]
    public void Yield_WithoutProbability_RunsNothing()
    {
        var scheduler = new SimulatedScheduler(new Random(1), yieldProbability: 0);
        scheduler.Queue(new WorkItem(() => { }));

        scheduler.Yield();

        Assert.Equal(1, scheduler.Waiting);
    }

    [Fact]
    public void Stop_WithWork_DropsItAndAllThatFollows()
    {
        var scheduler = new SimulatedScheduler(new Random(1));
        scheduler.Queue(new WorkItem(() => Assert.Fail("The process is dead.")));

        scheduler.Stop();
        scheduler.Queue(new WorkItem(() => Assert.Fail("The process is dead.")));

        Assert.Equal(0, scheduler.RunUntilIdle());
    }

    // What is stored while a flush is under way can become durable with it, or not, or partly: all must be reached.
    [Fact]
    public void Flush_WithWorkQueued_LetsItRunBeforeWithinAndAfter()
    {
        var seen = new HashSet<(bool First, bool Second)>();
        for (int seed = 0; seed < 300; seed++)
        {
            using var platform = new SimulatedPlatform(seed, new SimulationOptions { WriteBackProbability = 0 });
            seen.Add(StoreWhileFlushing(platform));
        }

        Assert.Equal([(false, false), (false, true), (true, false), (true, true)], seen.Order());
    }

    /// <summary>Flushes two pages while both are stored to; says which of the stores are durable then.</summary>
    private static unsafe (bool First, bool Second) StoreWhileFlushing(SimulatedPlatform platform)
    {
        const int Page = SimulatedDisk.PageBytes;
        using LogFile file = platform.Platform.Files.OpenFile("/file", FileOpening.CreateNew);
        platform.Platform.Files.SyncDirectory("/");
        file.Allocate(0, 2 * Page);
        using MappedMemory map = file.Map(2 * Page, writable: true);
        byte* first = map.Pointer;
        platform.Scheduler.Queue(new WorkItem(() => first[0] = first[Page] = 1));

        file.Flush(0, 2 * Page);

        // The rest is settled by a failed flush, which leaves nothing dirty that a crash could still write.
        platform.Disk.FailNextFlush();
        Assert.Throws<FileSystemException>(() => file.Flush(0, 2 * Page));
        using SimulatedPlatform found = platform.Crash(CrashKind.PowerLoss);
        using LogFile left = found.Platform.Files.OpenFile("/file", FileOpening.Read);
        byte[] bytes = new byte[2 * Page];
        Assert.Equal(bytes.Length, left.Read(bytes, 0));
        return (bytes[0] == 1, bytes[Page] == 1);
    }

    private static List<int> Order(int seed, int count)
    {
        var scheduler = new SimulatedScheduler(new Random(seed));
        var order = new List<int>();
        for (int i = 0; i < count; i++)
        {
            int item = i;
            scheduler.Queue(new WorkItem(() => order.Add(item)));
        }

        scheduler.RunUntilIdle();
        return order;
    }
}
