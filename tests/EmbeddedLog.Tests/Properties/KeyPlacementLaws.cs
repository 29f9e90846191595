using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties;

/// <summary>Where a topic says that a key belongs, the records of that key are.</summary>
public sealed class KeyPlacementLaws
{
    [Fact]
    public void AKeyedRecordLandsWhereTheTopicSaysOfItsKey() =>
        Prop.ForAll(
            ArbMap.Default.GeneratorFor<byte[]>().Where(key => key is not null).NonEmptyListOf().ToArbitrary(),
            Gen.Choose(1, 7).ToArbitrary(),
            Gen.Choose(0, 3).ToArbitrary(),
            (keys, partitions, partitioner) =>
            {
                using SimulatedPlatform machine = new(seed: 1);
                machine.Run(() => CheckAsync(machine, [.. keys], partitions, Choose(partitioner)));
            }).QuickCheckThrowOnFailure();

    private static async Task CheckAsync(
        SimulatedPlatform machine, byte[][] keys, int partitions, IPartitioner? partitioner)
    {
        await using CommitLog log = await OpenLog.OnAsync(machine);
        Topic topic = await log.CreateTopicAsync(
            "t", new TopicOptions { Partitions = partitions, Partitioner = partitioner });
        ProducerOptions written = new() { Durability = Durability.Written };
        await using Producer<byte[]?, int> bytes = log.CreateProducer<byte[]?, int>("t", written);
        await using Producer<string, int> texts = log.CreateProducer<string, int>("t", written);
        await using Producer<long, int> numbers = log.CreateProducer<long, int>("t", written);
        await using Producer<Guid, int> guids = log.CreateProducer<Guid, int>("t", written);
        foreach (byte[] key in keys)
        {
            string text = Convert.ToHexString(key);
            Guid guid = new(key.Concat(new byte[16]).Take(16).ToArray());

            // Records without a key take turns, which must not move those with one.
            bytes.Produce(null, 0);
            Assert.Equal(topic.GetPartitionFor(key.AsSpan()), bytes.Produce(key, 0).Partition);
            Assert.Equal(topic.GetPartitionFor(key), bytes.Produce(key, 0).Partition);
            Assert.Equal(topic.GetPartitionFor(text), texts.Produce(text, 0).Partition);
            Assert.Equal(topic.GetPartitionFor((long)key.Length), numbers.Produce(key.Length, 0).Partition);
            Assert.Equal(topic.GetPartitionFor(guid), guids.Produce(guid, 0).Partition);
        }

        if (partitioner is not LastByte)
        {
            using ReadOnlyLog reader = ReadOnlyLog.Open(OpenLog.Directory, new ReadOnlyLogOptions(), machine.Platform);
            ReadOnlyTopic followed = reader.GetTopic("t");
            Assert.All(keys, key => Assert.Equal(topic.GetPartitionFor(key), followed.GetPartitionFor(key)));
            Assert.All(keys, key => Assert.Equal(topic.GetPartitionFor(key), followed.GetPartitionFor(key.AsSpan())));
        }
    }

    private static IPartitioner? Choose(int number) => number switch
    {
        0 => null,
        1 => Partitioners.Default(),
        2 => Partitioners.Murmur2Sticky(),
        _ => new LastByte(),
    };

    private sealed class LastByte : IPartitioner
    {
        public int Partition(in PartitionerContext context) =>
            context.Key.IsEmpty ? 0 : context.Key[^1] % context.PartitionCount;
    }
}
