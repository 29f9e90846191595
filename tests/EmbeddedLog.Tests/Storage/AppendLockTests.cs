using EmbeddedLog.Storage;

namespace EmbeddedLog.Tests.Storage;

public sealed class AppendLockTests
{
    private readonly AppendLock _lock = new();

    /// <summary>Under the lock. Neither atomic nor volatile: only the lock makes it come out right.</summary>
    private long _count;

    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    public void Enter_ManyThreads_OneAtATimeAndNobodyIsForgotten(int threads)
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

    /// <summary>Who sleeps is woken by whoever leaves, each time anew.</summary>
    [Fact]
    public void Enter_HeldForLong_SleepsAndIsWoken()
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
