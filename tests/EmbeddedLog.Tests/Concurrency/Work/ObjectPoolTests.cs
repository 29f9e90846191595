using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Tests.Concurrency.Work;

public sealed class ObjectPoolTests
{
    [Fact]
    public void Rent_AfterReturn_GivesTheSameAgainUpToTheBound()
    {
        int made = 0;
        ObjectPool<object> pool = new(2, _ =>
        {
            made++;
            return new object();
        });
        object[] first = [pool.Rent(), pool.Rent(), pool.Rent()];
        Array.ForEach(first, pool.Return);

        object[] second = [pool.Rent(), pool.Rent(), pool.Rent()];

        Assert.Equal(4, made);
        Assert.Equal(2, second.Intersect(first).Count());
    }
}
