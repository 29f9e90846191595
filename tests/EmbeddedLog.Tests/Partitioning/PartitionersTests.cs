using System.Text;
using EmbeddedLog.Partitioning;

namespace EmbeddedLog.Tests.Partitioning;

public sealed class PartitionersTests
{
    [Fact]
    public void Default_KeyedRecords_GoByKafkasHash()
    {
        // toPositive(-790332482) = 1357151166; the remainder by 4 is 2.
        Assert.Equal(2, Place(Partitioners.Default(), "foobar", count: 4));
        Assert.Equal(2, Place(Partitioners.Murmur2Sticky(), "foobar", count: 4));
    }

    [Fact]
    public void Default_EmptyKey_IsAKey()
    {
        IPartitioner partitioner = Partitioners.Default();
        int expected = Murmur2.Partition([], 1000);

        Assert.Equal(expected, Place(partitioner, "", count: 1000));
        Assert.Equal(expected, Place(partitioner, "", count: 1000));
    }

    [Fact]
    public void Default_UnkeyedRecords_TakeTurns()
    {
        IPartitioner partitioner = Partitioners.Default();

        Assert.Equal([0, 1, 2, 0, 1, 2], Enumerable.Range(0, 6).Select(_ => Place(partitioner, key: null, count: 3)));
    }

    [Fact]
    public void Default_KeyedRecordsBetween_DoNotTakeATurn()
    {
        IPartitioner partitioner = Partitioners.Default();

        Assert.Equal(0, Place(partitioner, key: null, count: 2));
        Place(partitioner, "k", count: 2);
        Assert.Equal(1, Place(partitioner, key: null, count: 2));
    }

    [Fact]
    public void RoundRobin_KeyedRecords_TakeTurnsToo()
    {
        IPartitioner partitioner = Partitioners.RoundRobin();

        Assert.Equal([0, 1, 0, 1], Enumerable.Range(0, 4).Select(_ => Place(partitioner, "same", count: 2)));
    }

    [Fact]
    public void RoundRobin_TwoInstances_DoNotTakeEachOthersTurns()
    {
        IPartitioner left = Partitioners.RoundRobin();
        IPartitioner right = Partitioners.RoundRobin();

        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(i % 2, Place(left, key: null, count: 2));
            Assert.Equal(i % 2, Place(right, key: null, count: 2));
        }
    }

    [Fact]
    public void Sticky_KeyedRecords_StayToo()
    {
        IPartitioner partitioner = Partitioners.Sticky(batchBytes: 1_000_000);

        int[] placed = [.. Enumerable.Range(0, 100).Select(i => Place(partitioner, $"key{i}", count: 64))];

        Assert.Single(placed.Distinct());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Sticky_NoBytes_Throws(int batchBytes)
    {
        Assert.Throws<ArgumentOutOfRangeException>(nameof(batchBytes), () => Partitioners.Sticky(batchBytes));
        Assert.Throws<ArgumentOutOfRangeException>(nameof(batchBytes), () => Partitioners.Murmur2Sticky(batchBytes));
    }

    [Fact]
    public void All_ManyRecords_AllocateNothing()
    {
        IPartitioner[] all =
        [
            Partitioners.Default(), Partitioners.Murmur2Sticky(), Partitioners.RoundRobin(), Partitioners.Sticky(),
        ];
        byte[] key = [1, 2, 3, 4, 5];
        PlaceMany(all, key);

        long before = GC.GetAllocatedBytesForCurrentThread();
        PlaceMany(all, key);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Context_Nonsense_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            "partitionCount", () => new PartitionerContext("t", 0, [], false, 1).PartitionCount);
        Assert.Throws<ArgumentOutOfRangeException>(
            "recordBytes", () => new PartitionerContext("t", 1, [], false, -1).PartitionCount);
    }

    private static void PlaceMany(IPartitioner[] all, byte[] key)
    {
        foreach (IPartitioner partitioner in all)
        {
            for (int i = 0; i < 1_000; i++)
            {
                partitioner.Partition(new PartitionerContext("t", 7, key, hasKey: i % 2 == 0, recordBytes: 100));
            }
        }
    }

    private static int Place(IPartitioner partitioner, string? key, int count) =>
        partitioner.Partition(
            new PartitionerContext("t", count, Encoding.UTF8.GetBytes(key ?? ""), key is not null, recordBytes: 100));
}
