using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Opening;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Concurrency.Waiters;

public sealed class WaiterListTests
{
    [Fact]
    public void ReleaseUpTo_OneThatIsReleasedElsewhereMeanwhileAndUsedAgain_ReleasesItOnce()
    {
        WaiterList list = new(new ThreadPoolWorkQueue());
        Waiter reused = new() { Target = 10 };
        reused.Released = () => reused.Target = 0;
        Waiter first = new() { Target = 1, Released = () => list.ReleaseUpTo(10) };
        list.Add(first);
        list.Add(reused);

        list.ReleaseUpTo(1);

        Assert.Equal(1, first.Releases);
        Assert.Equal(1, reused.Releases);
    }

    [Fact]
    public void ReleaseUpTo_Targets_ReleasesThoseAtOrBelowInOrder()
    {
        WaiterList list = new(new ThreadPoolWorkQueue());
        List<long> released = [];
        foreach (long target in (long[])[3, 1, 2, 4])
        {
            list.Add(new Waiter { Target = target, Released = () => released.Add(target) });
        }

        Assert.Equal(2, list.ReleaseUpTo(2));
        Assert.Equal([1, 2], released);
        Assert.True(list.HasAny);
        Assert.Equal(0, list.ReleaseUpTo(4));
        Assert.Equal([1, 2, 3, 4], released);
        Assert.False(list.HasAny);
    }

    [Fact]
    public void Release_AWaiterThatAddsItselfAgain_IsReleasedNextTime()
    {
        WaiterList list = new(new ThreadPoolWorkQueue());
        Waiter waiter = new() { Target = 1 };
        waiter.Released = () =>
        {
            waiter.Target++;
            list.Add(waiter);
        };
        list.Add(waiter);

        list.ReleaseUpTo(1);
        Assert.Equal(1, waiter.Releases);
        list.ReleaseUpTo(1);
        Assert.Equal(1, waiter.Releases);
        list.ReleaseUpTo(2);
        Assert.Equal(2, waiter.Releases);
    }

    [Theory]
    [InlineData("same")]
    [InlineData("ascending")]
    [InlineData("descending")]
    [InlineData("random")]
    public void Steps_OfOneWait_DoNotGrowWithTheOthers(string order)
    {
        long few = StepsOf(1_000, order);
        long many = StepsOf(64_000, order);

        // 64 times as many are six levels more in a heap, at most, and nothing more in a chain.
        Assert.InRange(many, 1, 64 * (few + (3 * 6 * 1_000)));
        if (order is "same" or "ascending")
        {
            Assert.Equal(64 * few, many);
        }
    }

    [Fact]
    public void Release_AfterAnyAddsRemovesAndReleases_ReleasesWhatASortedSetWould() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            Random random = new(seed);
            WaiterList list = new(new ThreadPoolWorkQueue());
            List<Waiter> waiting = [];
            List<long> released = [];
            for (int step = 0; step < 200; step++)
            {
                switch (random.Next(5))
                {
                    case 0 when waiting.Count > 0:
                        Waiter leaving = waiting[random.Next(waiting.Count)];
                        waiting.Remove(leaving);
                        Assert.True(list.Remove(leaving));
                        Assert.False(list.Remove(leaving));
                        break;
                    case 1:
                        int end = random.Next(60);
                        long[] expected = [.. waiting.Select(one => one.Target).Where(one => one <= end).Order()];
                        waiting.RemoveAll(one => one.Target <= end);
                        released.Clear();
                        Assert.Equal(waiting.Count, list.ReleaseUpTo(end));
                        Assert.Equal(expected, released);
                        break;
                    default:
                        Waiter waiter = new() { Target = random.Next(step, 100 + step) };
                        waiter.Released = () => released.Add(waiter.Target);
                        waiting.Add(waiter);
                        list.Add(waiter);
                        break;
                }

                Assert.Equal(waiting.Count > 0, list.HasAny);
            }

            released.Clear();
            list.Fail(new InvalidOperationException());
            Assert.Equal(waiting.Select(one => one.Target).Order(), released);
        }).QuickCheckThrowOnFailure();

    /// <summary>What it takes to add so many, look for some to release each time, and take half of them off.</summary>
    private static long StepsOf(int count, string order)
    {
        Random random = new(1);
        WaiterList list = new(new ThreadPoolWorkQueue());
        Waiter[] waiters = new Waiter[count];
        for (int i = 0; i < count; i++)
        {
            long target = order switch
            {
                "same" => count,
                "ascending" => i + 1,
                "descending" => count - i,
                _ => random.Next(1, count),
            };
            list.Add(waiters[i] = new Waiter { Target = target });
            Assert.Equal(i + 1, list.ReleaseUpTo(0));
        }

        for (int i = count / 2; i < count; i++)
        {
            Assert.True(list.Remove(waiters[i]));
        }

        Assert.Equal(0, list.ReleaseUpTo(count));
        Assert.Equal(count, waiters.Count(waiter => waiter.Releases == 1) + (count / 2));
        return list.Steps;
    }

    private sealed class Waiter : OffsetWaiter
    {
        public Action? Released { get; set; }

        public int Releases { get; private set; }

        public override void Release(Exception? failure)
        {
            Releases++;
            Released?.Invoke();
        }
    }
}
