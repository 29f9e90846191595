using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests;

/// <summary>
/// For a while nothing can be opened or mapped: no handle is left, of the process or of the system. Nothing that was
/// not flushed counts as a failed flush, and when there are handles again everything goes on by itself.
/// </summary>
public sealed class NoHandlesTests
{
    private const int Turns = 24;
    private const int ValueBytes = 3_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Log_NoHandlesFromAnyCallOnForAWhile_LosesNothingAndGoesOn(bool positional)
    {
        long calls = Live(positional, noHandlesFrom: long.MaxValue, appendsWithout: 0);
        Assert.InRange(calls, 100, 10_000);
        for (long call = 1; call <= calls; call++)
        {
            Exception? wrong = Record.Exception(() => Live(positional, call, appendsWithout: (int)(call % 20) + 1));
            Assert.True(wrong is null, $"No handles from call {call} on: {wrong}");
        }
    }

    /// <summary>
    /// The same with the real system, for the partition's own directory: a whole process without any handle left is
    /// ended by the runtime itself, which needs one for each thread that it starts.
    /// </summary>
    [Fact]
    public void Append_SystemHasNoHandlesForAWhile_IsRefusedAndGoesOn()
    {
        Strace.Require();
        using TempDirectory directory = new();

        // As it is seen from the log's directory.
        const string Partition = "topics/topic-1/0";

        string outcome = ProbeProcess.RunWithFaults(
            "append-all", directory["log"], [Partition], "openat:error=EMFILE:when=1..20");

        Assert.Matches("^refused [1-9][0-9]*, end 200, durable 200$", outcome);
    }

    /// <summary>Somebody asked for the flush, so that it is owed also where nothing is flushed by itself.</summary>
    [Fact]
    public void FlushAsync_RefusedAndNothingIsFlushedByItself_IsTriedAgain()
    {
        using SimulatedPlatform machine = new(1);
        FaultingFileSystem faults = new(machine.Platform.Files);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine.Platform with { Files = faults }));
        TopicOptions options = Options();
        options.FlushInterval = Timeout.InfiniteTimeSpan;
        OwnedPartition partition = machine.Run(log.EnsureTopicAsync("topic", options))[0];
        partition.Append(new RawRecord(new byte[ValueBytes]));
        faults.Fail(Fault.NoHandles(faults.AllCalls + 1));
        Assert.Throws<LogIOException>(() => machine.Run(partition.FlushAsync()));
        Assert.Equal(0, partition.DurableOffset);

        faults.Clear();
        machine.Time.Advance(TimeSpan.FromSeconds(2));
        machine.Scheduler.RunUntilIdle();

        Assert.Equal(1, partition.DurableOffset);
        machine.Run(log.DisposeAsync());
    }

    /// <summary>A life of a log; returns how many calls it made until it was closed.</summary>
    private static long Live(bool positional, long noHandlesFrom, int appendsWithout)
    {
        using SimulatedPlatform machine = new(1, positional ? SimulationOptions.Positional : null);
        FaultingFileSystem faults = new(machine.Platform.Files);
        Platform platform = machine.Platform with { Files = faults };
        faults.Fail(Fault.NoHandles(noHandlesFrom));
        CommitLog? log = null;
        Topic? topic = null;
        Insist(faults, () => log = machine.Run(OpenLog.OnAsync(platform)));
        Insist(faults, () => topic = machine.Run(log!.EnsureTopicAsync("topic", Options())));

        OwnedPartition partition = topic![0];
        int appended = 0;
        for (int turn = 0; turn < Turns; turn++)
        {
            bool done = Try(() => partition.Append(new RawRecord(new byte[ValueBytes])));
            appended += done ? 1 : 0;
            UseInBetween(machine, partition, turn);
            if (faults.Fired > 0 && --appendsWithout <= 0)
            {
                faults.Clear();
            }
        }

        faults.Clear();
        for (int second = 0; second < 5; second++)
        {
            machine.Time.Advance(TimeSpan.FromSeconds(1));
            machine.Scheduler.RunUntilIdle();
        }

        Assert.Null(partition.Log.Failure);
        Assert.Null(log!.Offsets.Log.Failure);
        Assert.Equal(appended, partition.EndOffset);
        Assert.Equal(partition.EndOffset, partition.DurableOffset);
        partition.Append(new RawRecord(new byte[ValueBytes]));
        machine.Run(partition.FlushAsync());
        machine.Run(log.DisposeAsync());
        long calls = faults.AllCalls;
        CheckAfter(machine, platform, appended + 1);
        return calls;
    }

    /// <summary>Flushes, removes and lets time pass, now and then.</summary>
    private static void UseInBetween(SimulatedPlatform machine, OwnedPartition partition, int turn)
    {
        if (turn % 4 == 3)
        {
            Try(() => machine.Run(partition.FlushAsync()));
        }

        if (turn % 8 == 6)
        {
            Try(() => partition.Log.DeleteBefore(partition.DurableOffset / 2));
            machine.Time.Advance(TimeSpan.FromSeconds(2));
            machine.Scheduler.RunUntilIdle();
        }
    }

    private static void CheckAfter(SimulatedPlatform machine, Platform platform, int records)
    {
        CommitLog reopened = machine.Run(OpenLog.OnAsync(platform));
        Assert.True(reopened.Recovery.Clean);
        Assert.Equal(records, reopened.GetTopic("topic")[0].EndOffset);
        machine.Run(reopened.DisposeAsync());
        machine.Scheduler.RunUntilIdle();
        Assert.Empty(machine.Disk.OpenFiles);
        Assert.Empty(machine.Disk.LiveMaps);
        Assert.Empty(machine.Disk.Violations);
    }

    /// <summary>What cannot be done without handles is done once there are some again.</summary>
    private static void Insist(FaultingFileSystem faults, Action call)
    {
        if (!Try(call))
        {
            faults.Clear();
            call();
        }
    }

    /// <summary>Whether a call succeeds; that nothing could be opened is all that it may fail with.</summary>
    private static bool Try(Action call)
    {
        try
        {
            call();
            return true;
        }
        catch (EmbeddedLogException refused) when (refused is LogIOException or LogDirectoryException)
        {
            Assert.Contains("Too many open files", refused.Message, StringComparison.Ordinal);
            return false;
        }
    }

    private static TopicOptions Options() => new() { SegmentBytes = 16 << 10, MaxRecordBytes = 4 << 10 };
}
