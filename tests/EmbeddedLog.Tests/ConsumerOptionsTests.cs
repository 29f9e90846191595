namespace EmbeddedLog.Tests;

public sealed class ConsumerOptionsTests
{
    [Fact]
    public void ValidatedCopy_Defaults_AreValidWithAndWithoutAGroup()
    {
        new ConsumerOptions<string, int>().ValidatedCopy(group: null);
        new ConsumerOptions<string, int>().ValidatedCopy("g");
    }

    [Fact]
    public void ValidatedCopy_EveryProperty_IsCopied()
    {
        var options = new ConsumerOptions<string, int>
        {
            KeyDeserializer = Serdes.Utf8,
            ValueDeserializer = Serdes.Int32,
            Start = StartAt.FromOffset(3),
            CommitInterval = TimeSpan.FromSeconds(5),
            CommitDurability = Durability.Flushed,
            MaxBufferedRecords = 7,
        };

        ConsumerOptions<string, int> copy = options.ValidatedCopy("g");
        options.MaxBufferedRecords = 8;

        Assert.Same(options.KeyDeserializer, copy.KeyDeserializer);
        Assert.Same(options.ValueDeserializer, copy.ValueDeserializer);
        Assert.Equal(StartAt.FromOffset(3), copy.Start);
        Assert.Equal(TimeSpan.FromSeconds(5), copy.CommitInterval);
        Assert.Equal(Durability.Flushed, copy.CommitDurability);
        Assert.Equal(7, copy.MaxBufferedRecords);
    }

    [Fact]
    public void ValidatedCopy_EverythingWrong_TellsEverything()
    {
        var options = new ConsumerOptions<string, int>
        {
            CommitInterval = TimeSpan.Zero,
            CommitDurability = (Durability)7,
            MaxBufferedRecords = 0,
        };

        var exception = Assert.Throws<ArgumentException>("options", () => options.ValidatedCopy(group: null));

        Assert.Equal(
            """
            ConsumerOptions has 4 faults:
            - CommitInterval is 00:00:00 but must be from 00:00:00.0010000 to 1.00:00:00: use null to commit by hand.
            - CommitInterval is 00:00:00 but must be null for a consumer without a group: name a group, for commits belong to one.
            - CommitDurability is 7 but must be one of Written, Flushed: use a name of Durability.
            - MaxBufferedRecords is 0 but must be from 1 to 1,000,000 records: 500 suits most consumers. (Parameter 'options')
            """,
            exception.Message,
            ignoreLineEndingDifferences: true);
    }
}
