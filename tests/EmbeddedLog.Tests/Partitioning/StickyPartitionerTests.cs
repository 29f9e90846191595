using EmbeddedLog.Partitioning;

namespace EmbeddedLog.Tests.Partitioning;

public sealed class StickyPartitionerTests
{
    [Fact]
    public void Partition_BatchIsFull_MovesToAnother()
    {
        var partitioner = new StickyPartitioner(batchBytes: 300, seed: 1);

        for (int previous = -1, batch = 0; batch < 100; batch++)
        {
            int first = Place(partitioner, bytes: 100);
            Assert.NotEqual(previous, first);
            Assert.Equal(first, Place(partitioner, bytes: 100));
            Assert.Equal(first, Place(partitioner, bytes: 100));
            previous = first;
        }
    }

    [Fact]
    public void Partition_RecordOverTheBatch_TakesItsPartitionAndMovesOn()
    {
        var partitioner = new StickyPartitioner(batchBytes: 1, seed: 1);

        int first = Place(partitioner, int.MaxValue);

        Assert.NotEqual(first, Place(partitioner, int.MaxValue));
    }

    [Fact]
    public void Partition_LargestBatch_CountsWithoutOverflow()
    {
        var partitioner = new StickyPartitioner(batchBytes: int.MaxValue, seed: 1);

        int first = Place(partitioner, int.MaxValue - 1);

        Assert.Equal(first, Place(partitioner, int.MaxValue));
        Assert.NotEqual(first, Place(partitioner, bytes: 0));
    }

    [Fact]
    public void Partition_EmptyRecords_NeverFillABatch()
    {
        var partitioner = new StickyPartitioner(batchBytes: 1, seed: 1);

        Assert.Single(Enumerable.Range(0, 100).Select(_ => Place(partitioner, bytes: 0)).Distinct());
    }

    [Fact]
    public void Partition_OnePartition_StaysInIt()
    {
        var partitioner = new StickyPartitioner(batchBytes: 1, seed: 1);

        Assert.All(Enumerable.Range(0, 10), _ => Assert.Equal(0, Place(partitioner, bytes: 5, count: 1)));
    }

    [Fact]
    public void Partition_SameSeed_MakesTheSameChoices()
    {
        var left = new StickyPartitioner(batchBytes: 1, seed: 7);
        var right = new StickyPartitioner(batchBytes: 1, seed: 7);

        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(Place(left, bytes: 1), Place(right, bytes: 1)));
    }

    [Fact]
    public async Task Partition_ManyThreads_LosesNoBytes()
    {
        const int threads = 4;
        const int perThread = 20_000;
        var partitioner = new StickyPartitioner(batchBytes: 10, seed: 3);
        int[] placed = new int[64];

        await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < perThread; i++)
            {
                Interlocked.Increment(ref placed[Place(partitioner, bytes: 1)]);
            }
        })));

        // Bytes that were lost would stretch a batch beyond its ten records.
        Assert.Equal(threads * perThread, placed.Sum());
        Assert.All(placed, count => Assert.Equal(0, count % 10));
    }

    private static int Place(StickyPartitioner partitioner, int bytes, int count = 64) =>
        partitioner.Partition(new PartitionerContext("t", count, [], hasKey: false, bytes));
}
