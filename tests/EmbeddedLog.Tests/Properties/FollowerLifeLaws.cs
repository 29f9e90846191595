using EmbeddedLog.Files;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Following;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties;

/// <summary>
/// The law of lives: while owners append, flush, die, recover and close, one after the other, what a follower is told
/// only grows: the end, the start and the durable offset, looked at between any two steps of the owner.
/// </summary>
public sealed class FollowerLifeLaws
{
    public static TheoryData<string> Machines => ["mapped", "positional", "unknown cache", "no control file"];

    [Theory]
    [MemberData(nameof(Machines))]
    public void WhatAFollowerIsToldNeverGoesBackWhenOwnersDie(string machine) =>
        Prop.ForAll(Gen.Choose(1, int.MaxValue - 1).ToArbitrary(), seed => Play(machine, seed))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    private static void Play(string machine, int seed)
    {
        Random random = new(seed);
        using FollowFixture fixture = new(seed, machine switch
        {
            "positional" => SimulationOptions.Positional,
            "unknown cache" => new SimulationOptions { IdentityIsKnown = false },
            _ => new SimulationOptions(),
        });
        fixture.Open();
        using ReadOnlyLog log = fixture.Follow();
        LogPartition partition = log.GetTopic(FollowFixture.Topic)[0];
        Seen seen = new(fixture, partition);
        for (int step = 0; step < 30; step++)
        {
            seen.Look();
            switch (random.Next(8))
            {
                case 0:
                    End(fixture, random);
                    seen.Look();
                    seen.DuringWork(() => fixture.Open());
                    break;
                case 1 when machine == "no control file":
                    DeleteControl(fixture);
                    fixture.Machine.Time.Advance(TimeSpan.FromSeconds(2));
                    break;
                case 2 or 3:
                    seen.DuringWork(fixture.Flush);
                    break;
                case 4:
                    fixture.Machine.Time.Advance(TimeSpan.FromMilliseconds(random.Next(1, 2000)));
                    break;
                default:
                    fixture.Append(random.Next(1, 30), random.Next(8, 900));
                    break;
            }
        }

        // Another control file than the one that was mapped is found when the directory is looked at again.
        fixture.Machine.Time.Advance(TimeSpan.FromSeconds(2));
        seen.Look();
        FollowFixture.AssertReads(partition, 0, fixture.Partition.EndOffset);
    }

    private static void DeleteControl(FollowFixture fixture)
    {
        string path = Path.Combine(OpenLog.Directory, ControlFile.FileName);
        if (fixture.Machine.Platform.Files.FileExists(path))
        {
            fixture.Machine.Platform.Files.DeleteFile(path);
        }
    }

    private static void End(FollowFixture fixture, Random random)
    {
        if (random.Next(3) == 0)
        {
            fixture.Close();
        }
        else
        {
            fixture.Kill();
        }
    }

    private sealed class Seen(FollowFixture fixture, LogPartition partition) : IThreadPoolWorkItem
    {
        private long _start;
        private long _end;
        private long _durable;

        public void Look()
        {
            long start = partition.StartOffset;
            long end = partition.EndOffset;
            long durable = partition.DurableOffset;
            Assert.InRange(start, _start, end);
            Assert.InRange(end, _end, long.MaxValue);
            Assert.InRange(durable, _durable, end);
            (_start, _end, _durable) = (start, end, durable);
        }

        /// <summary>Looks between the steps of work that the owner does, and within its flushes.</summary>
        public void DuringWork(Action work)
        {
            fixture.Stepped = Look;
            for (int i = 0; i < 20; i++)
            {
                fixture.Machine.Scheduler.Queue(this);
            }

            work();
            fixture.Stepped = null;
            Look();
        }

        public void Execute() => Look();
    }
}
