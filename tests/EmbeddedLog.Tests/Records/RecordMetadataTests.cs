namespace EmbeddedLog.Tests.Records;

public sealed class RecordMetadataTests
{
    [Fact]
    public void Positions_AreThoseOfTheRecord()
    {
        var metadata = new RecordMetadata("t", 3, 42, DateTimeOffset.UnixEpoch);

        Assert.Equal(new TopicPartition("t", 3), metadata.TopicPartition);
        Assert.Equal(new TopicPartitionOffset("t", 3, 42), metadata.TopicPartitionOffset);
        Assert.Equal("t-3@42", metadata.ToString());
    }
}
