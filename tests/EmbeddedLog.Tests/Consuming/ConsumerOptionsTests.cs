namespace EmbeddedLog.Tests.Consuming;

public sealed class ConsumerOptionsTests
{
    [Fact]
    public void ValidatedCopy_Defaults_AreValidWithAndWithoutAGroup()
    {
        new ConsumerOptions().ValidatedCopy(group: null);
        new ConsumerOptions().ValidatedCopy("g");
    }

    [Fact]
    public void ValidatedCopy_EveryProperty_IsCopied()
    {
        var options = new ConsumerOptions
        {
            StartOffset = 3,
            CommitInterval = TimeSpan.FromSeconds(5),
            CommitDurability = Durability.Flushed,
            MaxBufferedRecords = 7,
        };

        ConsumerOptions copy = options.ValidatedCopy("g");
        options.MaxBufferedRecords = 8;

        Assert.Equal(3, copy.StartOffset);
        Assert.Equal(TimeSpan.FromSeconds(5), copy.CommitInterval);
        Assert.Equal(Durability.Flushed, copy.CommitDurability);
        Assert.Equal(7, copy.MaxBufferedRecords);
    }

    [Fact]
    public void ValidatedCopy_TwoPlacesToStart_NamesBoth()
    {
        var options = new ConsumerOptions
        {
            Start = StartAt.Latest,
            StartOffset = -1,
            StartTime = DateTimeOffset.UnixEpoch,
        };

        var exception = Assert.Throws<ArgumentException>("options", () => options.ValidatedCopy("g"));

        Assert.Equal(
            """
            ConsumerOptions has 3 faults:
            - StartOffset is -1 but must be at least 0: use null to start elsewhere.
            - StartTime is set but must be null where StartOffset is set: give one of the two.
            - Start is Latest but must be left out where StartOffset is set: give one of the two. (Parameter 'options')
            """,
            exception.Message,
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void ValidatedCopy_EverythingWrong_NamesEveryFault()
    {
        var options = new ConsumerOptions
        {
            CommitInterval = TimeSpan.Zero,
            CommitDurability = (Durability)7,
            MaxBufferedRecords = 0,
        };

        var exception = Assert.Throws<ArgumentException>("options", () => options.ValidatedCopy(group: null));

        Assert.Equal(
            """
            ConsumerOptions has 4 faults:
            - CommitInterval is 0 s but must be from 1 ms to 1 day: use null to commit by hand.
            - CommitInterval is 0 s but must be null for a consumer without a group: name a group, for commits belong to one.
            - CommitDurability is 7 but must be one of Written, Flushed: use a name of Durability.
            - MaxBufferedRecords is 0 but must be from 1 to 1,000,000 records: 500 suits most consumers. (Parameter 'options')
            """,
            exception.Message,
            ignoreLineEndingDifferences: true);
    }
}
