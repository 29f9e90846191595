using EmbeddedLog.IO;
using EmbeddedLog.Storage;

namespace EmbeddedLog.Tests.Storage;

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
