using EmbeddedLog.Records;

namespace EmbeddedLog.Tests.Records;

/// <summary>Partitions in messages.</summary>
public sealed class PartitionTextTests
{
    [Theory]
    [InlineData("partition 3", 3)]
    [InlineData("partitions 0 and 1", 1, 0)]
    [InlineData("partitions 2 to 5", 2, 3, 4, 5)]
    [InlineData("partitions 0, 2 and 5", 5, 0, 2)]
    public void Numbers_OfPartitions_AreShort(string expected, params int[] numbers) =>
        Assert.Equal(expected, PartitionText.Numbers(numbers));

    [Fact]
    public void Numbers_Many_NamesSomeAndCountsTheOthers() => Assert.Equal(
        "partitions 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38 and 30 others",
        PartitionText.Numbers(Enumerable.Range(0, 50).Select(i => 2 * i)));

    [Fact]
    public void Of_SeveralTopics_NamesEach()
    {
        Assert.Equal(
            "partitions 0 to 2 of topic 'a' and partition 7 of topic 'b'",
            PartitionText.Of([new("a", 0), new("b", 7), new("a", 2), new("a", 1)]));
        Assert.EndsWith(
            "partition 0 of topic 't19' and others of 5 topics",
            PartitionText.Of(Enumerable.Range(0, 25).Select(i => new TopicPartition($"t{i}", 0))),
            StringComparison.Ordinal);
    }
}
