using EmbeddedLog.Partitions.Appending;

namespace EmbeddedLog.Tests.Partitions.Appending;

public sealed class AppendLockTests
{
    private readonly AppendLock _lock = new();

    /// <summary>Under the lock. Neither atomic nor volatile: only the lock makes it come out right.</summary>
    private long _count;

    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    public void Enter_ManyThreads_OneAtATimeAndAllEnter(int threads)
    {
        const int Times = 50_000;
        Thread[] all = [.. Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < Times; i++)
            {
                using (_lock.Enter())
                {
                    _count++;
                }
            }
        }))];
        Array.ForEach(all, thread => thread.Start());
        Array.ForEach(all, thread => thread.Join());
        Assert.Equal((long)threads * Times, _count);
    }

    /// <summary>The lock is not fair, but only for a while: who sleeps gets it beside one who never stops.</summary>
    [Fact]
    public void Enter_BesideOneThatNeverStops_GetsItsTurn()
    {
        const int Turns = 50;
        bool done = false;
        Thread greedy = new(() =>
        {
            while (!Volatile.Read(ref done))
            {
                using (_lock.Enter())
                {
                    _count++;
                }
            }
        });
        greedy.Start();
        for (int turn = 0; turn < Turns; turn++)
        {
            using (_lock.Enter())
            {
                // While it is held the other looks in vain and sleeps, and then takes the lock for as long as it can.
                while ((greedy.ThreadState & ThreadState.WaitSleepJoin) == 0)
                {
                    Thread.Yield();
                }
            }
        }

        Volatile.Write(ref done, true);
        greedy.Join();
    }

    /// <summary>Who sleeps comes back, whether it is woken or not, each time anew.</summary>
    [Fact]
    public void Enter_HeldForLong_SleepsAndComesBack()
    {
        for (int round = 0; round < 100; round++)
        {
            Thread other = new(() =>
            {
                using (_lock.Enter())
                {
                    _count++;
                }
            });
            using (_lock.Enter())
            {
                other.Start();
                while ((other.ThreadState & ThreadState.WaitSleepJoin) == 0)
                {
                    Thread.Yield();
                }

                Assert.Equal(round, _count);
            }

            other.Join();
            Assert.Equal(round + 1, _count);
        }
    }

    /// <summary>Several sleep at once, with nobody left to wake them but each other.</summary>
    [Fact]
    public void Enter_ManySleep_AllComeBack()
    {
        const int Threads = 12;
        for (int round = 0; round < 20; round++)
        {
            _count = 0;
            Thread[] others = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
            {
                using (_lock.Enter())
                {
                    _count++;
                }
            }))];
            using (_lock.Enter())
            {
                Array.ForEach(others, other => other.Start());
                while (!Array.TrueForAll(others, other => (other.ThreadState & ThreadState.WaitSleepJoin) != 0))
                {
                    Thread.Yield();
                }
            }

            Array.ForEach(others, other => other.Join());
            Assert.Equal(Threads, _count);
        }
    }

    /// <summary>An interrupt ends the waiting of its thread alone.</summary>
    [Fact]
    public void Enter_Interrupted_ThrowsAndTheOtherComesBack()
    {
        for (int round = 0; round < 50; round++)
        {
            bool interrupted = false;
            Thread first = new(() =>
            {
                try
                {
                    using (_lock.Enter())
                    {
                        _count++;
                    }
                }
                catch (ThreadInterruptedException)
                {
                    interrupted = true;
                }
            });
            Thread second = new(() =>
            {
                using (_lock.Enter())
                {
                    _count++;
                }
            });
            _count = 0;
            using (_lock.Enter())
            {
                Thread[] both = [first, second];
                Array.ForEach(both, thread => thread.Start());
                while (!Array.TrueForAll(both, thread => (thread.ThreadState & ThreadState.WaitSleepJoin) != 0))
                {
                    Thread.Yield();
                }

                first.Interrupt();
            }

            first.Join();
            second.Join();
            Assert.Equal(interrupted ? 1 : 2, _count);
        }
    }

    [Fact]
    public void Enter_AfterAnException_IsFree()
    {
        Assert.Throws<InvalidOperationException>(Fail);
        using (_lock.Enter())
        {
            _count++;
        }

        void Fail()
        {
            using (_lock.Enter())
            {
                throw new InvalidOperationException();
            }
        }
    }
}
