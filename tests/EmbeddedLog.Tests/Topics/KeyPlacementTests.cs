using System.Buffers;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Topics;

/// <summary>Which partition a topic says that a key belongs to; that records land there is a law.</summary>
public sealed class KeyPlacementTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void GetPartitionFor_IsKafkas() => With(null, topic => Assert.Equal(2, topic.GetPartitionFor("foobar")));

    [Theory]
    [InlineData(nameof(Partitioners.RoundRobin))]
    [InlineData(nameof(Partitioners.Sticky))]
    public void GetPartitionFor_APartitionerThatIgnoresKeys_SaysWhatToDo(string name) =>
        With(name == nameof(Partitioners.Sticky) ? Partitioners.Sticky() : Partitioners.RoundRobin(), topic =>
            Assert.Equal(
                $"Records of topic 't' do not go by their keys: its partitioner is Partitioners.{name}(), so that a "
                + "key may be in any of the partitions 0 to 3. Name the partition in the records, or give the topic "
                + "Partitioners.Default().",
                Assert.Throws<InvalidOperationException>(() => topic.GetPartitionFor("key")).Message));

    [Fact]
    public void GetPartitionFor_AChoiceThatDoesNotExist_NamesThePartitioner() =>
        With(new Fixed(4), topic =>
        {
            var failure = Assert.Throws<InvalidOperationException>(() => topic.GetPartitionFor("key"u8));
            Assert.Contains("chose partition 4 of topic 't'", failure.Message, StringComparison.Ordinal);
        });

    [Fact]
    public void GetPartitionFor_NoKey_IsRefused() =>
        With(null, topic =>
            Assert.Throws<ArgumentNullException>("key", () => topic.GetPartitionFor((string?)null)));

    [Fact]
    public void GetPartitionFor_WithASerializer_UsesThatOne() =>
        With(null, topic => Assert.Equal(2, topic.GetPartitionFor(0, new Foobar())));

    [Fact]
    public void GetPartitionFor_ASerializerThatThrows_IsToldAsInProducing() =>
        With(null, topic =>
        {
            var failure = Assert.Throws<RecordSerializationException>(() => topic.GetPartitionFor(7, new Foobar()));
            Assert.Equal(("t", true), (failure.Topic, failure.IsKey));
        });

    private void With(IPartitioner? partitioner, Action<Topic> check) => _machine.Run(async () =>
    {
        await using CommitLog log = await OpenLog.OnAsync(_machine);
        check(await log.CreateTopicAsync("t", new TopicOptions { Partitions = 4, Partitioner = partitioner }));
    });

    private sealed class Fixed(int partition) : IPartitioner
    {
        public int Partition(in PartitionerContext context) => partition;
    }

    private sealed class Foobar : ISerializer<int>
    {
        public void Serialize(int value, IBufferWriter<byte> destination, in SerializationContext context)
        {
            Assert.Equal(("t", true), (context.Topic, context.IsKey));
            destination.Write(value == 0 ? "foobar"u8 : throw new FormatException("It is not zero."));
        }
    }
}
