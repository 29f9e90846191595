using EmbeddedLog.Partitioning;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties;

/// <summary>What holds for the ready-made partitioners whatever the keys, counts and sizes.</summary>
public sealed class PartitionerLaws
{
    private static Gen<int> Counts => Gen.OneOf(Gen.Choose(1, 16), Gen.Choose(1, 65_536));

    [Fact]
    public void SameKeyGoesToTheSamePartition() =>
        Prop.ForAll(Keys().ToArbitrary(), Counts.ToArbitrary(), (key, count) =>
        {
            IPartitioner one = Partitioners.Default();
            IPartitioner other = Partitioners.Murmur2Sticky();
            int partition = Place(one, key, count);

            // What came between, the producer and the size of the record have no say.
            Place(one, null, count);
            return Place(one, key, count) == partition
                && Place(one, [.. key], count, bytes: 1_000_000) == partition
                && Place(other, key, count) == partition
                && partition == Murmur2.Partition(key, count);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void EveryChoiceIsInRange() =>
        Prop.ForAll(
            Gen.ArrayOf(Counts).ToArbitrary(),
            Gen.Choose(1, 5_000).ToArbitrary(),
            (counts, batchBytes) =>
            {
                IPartitioner[] all =
                [
                    Partitioners.Default(), Partitioners.RoundRobin(), Partitioners.Sticky(batchBytes),
                    Partitioners.Murmur2Sticky(batchBytes),
                ];

                // One instance meets topics of all sizes, as one that is shared against the advice would.
                return all.All(partitioner => counts.All(count => Place(partitioner, null, count) is var partition
                    && partition >= 0 && partition < count));
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void RoundRobinGivesEveryPartitionItsTurn() =>
        Prop.ForAll(Gen.Choose(1, 200).ToArbitrary(), Gen.Choose(1, 20).ToArbitrary(), (count, rounds) =>
        {
            IPartitioner partitioner = Partitioners.Default();
            int[] placed = new int[count];
            for (int i = 0; i < count * rounds; i++)
            {
                placed[Place(partitioner, null, count)]++;
            }

            return placed.All(records => records == rounds);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void KeysSpreadAboutEvenly() =>
        Prop.ForAll(Gen.Choose(1, 50).ToArbitrary(), Gen.Choose(0, 1_000_000).ToArbitrary(), (count, firstKey) =>
        {
            int[] placed = new int[count];
            for (int i = 0; i < count * 1_000; i++)
            {
                placed[Murmur2.Partition(BitConverter.GetBytes(firstKey + i), count)]++;
            }

            return IsEven(placed, 1_000);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void StickySpreadsAboutEvenly() =>
        Prop.ForAll(Gen.Choose(1, 50).ToArbitrary(), Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), (count, seed) =>
        {
            var partitioner = new StickyPartitioner(batchBytes: 1, (ulong)seed);
            int[] placed = new int[count];
            for (int i = 0; i < count * 1_000; i++)
            {
                placed[Place(partitioner, null, count)]++;
            }

            return IsEven(placed, 1_000);
        }).QuickCheckThrowOnFailure();

    /// <summary>
    /// Seven standard deviations of a fair choice: for one partition to be beyond them by chance, some trillion runs
    /// are needed; a hash that misses a partition, or serves one twice, is far beyond.
    /// </summary>
    private static bool IsEven(int[] placed, int expected) =>
        placed.All(records => Math.Abs(records - expected) <= 7 * Math.Sqrt(expected));

    private static Gen<byte[]> Keys() => Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value));

    private static int Place(IPartitioner partitioner, byte[]? key, int count, int bytes = 10) =>
        partitioner.Partition(new PartitionerContext("t", count, key, hasKey: key is not null, bytes));
}
