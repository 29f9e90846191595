namespace EmbeddedLog.Tests.Producing;

public sealed class ProducerOptionsTests
{
    [Fact]
    public void ValidatedCopy_Defaults_AreValid() => new ProducerOptions().ValidatedCopy();

    [Fact]
    public void ValidatedCopy_EveryProperty_IsCopied()
    {
        var options = new ProducerOptions
        {
            Partitioner = Partitioners.Sticky(),
            Durability = Durability.Written,
            MaxInFlightBytes = 5,
        };

        ProducerOptions copy = options.ValidatedCopy();
        options.MaxInFlightBytes = 6;

        Assert.Same(options.Partitioner, copy.Partitioner);
        Assert.Equal(Durability.Written, copy.Durability);
        Assert.Equal(5, copy.MaxInFlightBytes);
    }

    [Fact]
    public void ValidatedCopy_EverythingWrong_NamesEveryFault()
    {
        var options = new ProducerOptions { Durability = (Durability)7, MaxInFlightBytes = 0 };

        var exception = Assert.Throws<ArgumentException>("options", options.ValidatedCopy);

        Assert.Equal(
            """
            ProducerOptions has 2 faults:
            - Durability is 7 but must be one of Written, Flushed: use a name of Durability.
            - MaxInFlightBytes is 0 but must be from 1 to 1 TiB (1,099,511,627,776) bytes: 32 MiB suits most producers. (Parameter 'options')
            """,
            exception.Message,
            ignoreLineEndingDifferences: true);
    }
}
