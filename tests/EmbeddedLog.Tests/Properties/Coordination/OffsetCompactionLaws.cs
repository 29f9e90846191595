using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties.Coordination;

/// <summary>Commits survive a crash at any call of a compaction, as far as they were acknowledged.</summary>
public sealed class OffsetCompactionLaws
{
    private const int Groups = 6;
    private const int Records = 1000;

    /// <summary>About as large as it may be, so that few commits make a segment.</summary>
    private static readonly string s_metadata = new('m', 4000);

    /// <summary>
    /// The machine stops at any of its writes, while commits are made, and snapshots taken and history removed beside
    /// them. A group then continues at a commit that is at least as new as the last one that was acknowledged at the
    /// level that the crash leaves.
    /// </summary>
    [Fact]
    public void EveryAcknowledgedCommitSurvivesACrashAtAnyWrite()
    {
        int compactions = 0;
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(150),
            Prop.ForAll(
                Gen.Zip(Gen.Choose(0, int.MaxValue), Gen.Choose(1, 400)).ToArbitrary(),
                ArbMap.Default.ArbFor<bool>(),
                (crash, kill) => compactions += Run(crash.Item1, crash.Item2, kill)));
        Assert.InRange(compactions, 1, int.MaxValue);
    }

    /// <summary>
    /// Runs until the machine stops, and what comes up once more; returns how many compactions were done.
    /// </summary>
    private static int Run(int seed, int mutations, bool kill)
    {
        Random random = new(seed);
        CrashKind kind = kill ? CrashKind.ProcessKill : CrashKind.PowerLoss;
        SimulatedPlatform machine = new(seed);
        TopicFixture topic = TopicFixture.On(machine);
        topic.AppendNumbers(Records);
        machine.Run(topic.Log.FlushAsync(Records, CancellationToken.None));
        List<long>[] possible = [.. Enumerable.Range(0, Groups).Select(_ => new List<long>())];
        int compactions = 0;
        for (ulong life = 1; life <= 2; life++)
        {
            machine.Disk.CrashAtMutation(machine.Disk.Counters.Mutations + mutations);
            compactions += CommitUntilCrash(machine, topic, random, possible, flushes: !kill);
            using SimulatedPlatform dead = machine;
            machine = machine.Crash(kind);
            topic = TopicFixture.After(machine, kind, life);
            for (int group = 0; group < Groups; group++)
            {
                long? found = topic.Committed(group: $"{group}");
                Assert.True(
                    found is null ? possible[group] is [] or [-1, ..] : possible[group].Contains(found.Value),
                    $"Group {group} found {found}, not one of {string.Join(", ", possible[group])}");
                possible[group] = found is { } offset ? [offset] : [];
            }
        }

        machine.Dispose();
        return compactions;
    }

    private static int CommitUntilCrash(
        SimulatedPlatform machine, TopicFixture topic, Random random, List<long>[] possible, bool flushes)
    {
        int compactions = 0;
        long start = topic.Offsets.Log.StartOffset;
        while (!machine.Disk.HasCrashed)
        {
            int group = random.Next(Groups);
            long offset = random.Next(Records + 1);
            if (possible[group].Count == 0)
            {
                possible[group].Add(-1);
            }

            try
            {
                topic.Offsets.Commit($"{group}", new PartitionCommit(topic.Log, offset, s_metadata));
                if (flushes && random.Next(20) == 0)
                {
                    machine.Run(topic.Offsets.FlushAsync(topic.Offsets.Log.PublishedEnd, CancellationToken.None));
                }
                else if (random.Next(4) == 0)
                {
                    machine.Scheduler.RunOne();
                }
            }
            catch (EmbeddedLogException)
            {
                // The machine has stopped in the middle: the commit may be there or not.
                Assert.True(machine.Disk.HasCrashed);
            }

            Note(machine, topic, possible, group, offset, flushes);
            compactions += topic.Offsets.Log.StartOffset > start ? 1 : 0;
            start = topic.Offsets.Log.StartOffset;
        }

        return compactions;
    }

    /// <summary>
    /// What may be found of a group: after a kill what was committed last, after a loss of power all since the last
    /// flush. A commit during which the machine stopped is possible beside the one before it.
    /// </summary>
    private static void Note(
        SimulatedPlatform machine, TopicFixture topic, List<long>[] possible, int group, long offset, bool flushes)
    {
        possible[group].Add(offset);
        if (machine.Disk.HasCrashed)
        {
            return;
        }

        bool allDurable = topic.Offsets.Log.DurableEnd == topic.Offsets.Log.PublishedEnd;
        for (int i = 0; i < possible.Length; i++)
        {
            if (possible[i].Count != 0 && (allDurable || (!flushes && i == group)))
            {
                possible[i].RemoveRange(0, possible[i].Count - 1);
            }
        }
    }
}
